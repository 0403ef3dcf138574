/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the kernel drops the records of requests: a kernel of the test's own answers (kernel_stand_in.c). */
#include "daemon/controld/auditd/kernel_drops.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define RULE "never,user -F 'uid>=0'"

Test(kernel_drops, the_kernel_tells_whether_and_why) {
        static const struct {
                const char *kernel; /* see kernel_stand_in.c */
                bool drops, deletable;
                enum cause cause;
                const char *rule, *detail;
        } table[] = {
                { .kernel = "on", .cause = CAUSE_EXCLUDED, .rule = "", .detail = "" },
                { .kernel = "exclude=1114", .cause = CAUSE_EXCLUDED, .rule = "", .detail = "" },
                { "exclude=1121", true, true, CAUSE_EXCLUDED, "always,exclude -F msgtype=TRUSTED_APP",
                  "the kernel has the rule always,exclude -F msgtype=TRUSTED_APP" },
                { "never", true, true, CAUSE_EXCLUDED, RULE, "the kernel has the rule " RULE },
                { "exclude=1114 never", true, true, CAUSE_EXCLUDED, RULE, "the kernel has the rule " RULE },
                { "exclude=1121 never", true, true, CAUSE_EXCLUDED, "always,exclude -F msgtype=TRUSTED_APP",
                  "the kernel has the rule always,exclude -F msgtype=TRUSTED_APP" },
                { "never locked", true, false, CAUSE_EXCLUDED, RULE,
                  "the kernel has the rule " RULE ", and its rules are locked until the next boot (enabled 2)" },
                { "never off", true, true, CAUSE_DISABLED, RULE, "the kernel drops every record (enabled 0)" },
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
                struct kernel_drops drops;

                setenv("AUDIT_KERNEL", table[i].kernel, 1);
                kernel_drops_find(&drops);
                cr_expect(drops.known, "%s", table[i].kernel);
                cr_expect_eq(drops.drops, table[i].drops, "%s", table[i].kernel);
                cr_expect_eq(drops.deletable, table[i].deletable, "%s", table[i].kernel);
                cr_expect_eq(drops.cause, table[i].cause, "%s", table[i].kernel);
                cr_expect_str_eq(drops.rule, table[i].rule, "%s: %s", table[i].kernel, drops.rule);
                cr_expect_str_eq(drops.detail, table[i].detail, "%s: %s", table[i].kernel, drops.detail);
        }
}

Test(kernel_drops, the_counters_are_told) {
        struct kernel_drops drops;

        setenv("AUDIT_KERNEL", "rate=5", 1);
        kernel_drops_find(&drops);
        cr_expect(drops.known && drops.state.rate_limit == 5 && drops.state.backlog_limit == 64);
}

/* The stand-in sends the state, and leaves out the rules. */
Test(kernel_drops, an_answer_that_is_not_whole_counts_as_none) {
        struct kernel_drops drops;

        setenv("AUDIT_KERNEL", "no-control", 1);
        kernel_drops_find(&drops);
        cr_expect(!drops.known && !drops.drops && !drops.deletable);
        setenv("AUDIT_KERNEL", "never endless-rules", 1);
        kernel_drops_find(&drops);
        cr_expect(!drops.known && !drops.drops && !drops.deletable);
        cr_expect_str_empty(drops.rule);
}
