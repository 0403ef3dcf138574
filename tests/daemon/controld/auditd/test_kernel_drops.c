/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the kernel drops the records of requests: a kernel of the test's own answers. */
#include "daemon/controld/auditd/kernel_drops.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <unistd.h>

#include "protocol/audit/audit_state.h"
#include "tests/harness/rule_maker.h"

#define RULES_MAX 4

static struct {
        struct audit_state state;
        struct audit_rule_data *rules[RULES_MAX];
        int error;
} kernel;

int __wrap_audit_state_ask(struct audit_state *state, struct audit_rules_question *rules);
int __wrap_audit_state_ask(struct audit_state *state, struct audit_rules_question *rules) {
        const struct audit_subject self = { .pid = getpid(), .auid = 1000, .auid_known = true, .exe = "/controld" };

        cr_assert_null(rules->subject, "the records are those of this process");
        for (int i = 0; i < RULES_MAX && kernel.rules[i]; i++) {
                size_t size = sizeof(*kernel.rules[i]) + kernel.rules[i]->buflen;

                if (audit_filter_rule(kernel.rules[i], size, &self, &rules->dropped))
                        rules->on_rule(kernel.rules[i], size, rules->userdata);
        }
        *state = kernel.state;
        return kernel.error;
}

static struct kernel_drops find(void) {
        struct kernel_drops drops;

        kernel_drops_find(&drops);
        return drops;
}

static void setup(void) {
        kernel.state = (struct audit_state){ .enabled = true, .lost = 7, .rate_limit = 5, .backlog = 1 };
}

TestSuite(kernel_drops, .init = setup);

Test(kernel_drops, a_kernel_that_writes_records_drops_none) {
        kernel.rules[0] = RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, "msgtype=ADD_USER");
        kernel.rules[1] = RULE(AUDIT_FILTER_USER, AUDIT_NEVER, "auid=1001");

        const struct kernel_drops drops = find();

        cr_expect(drops.known && !drops.drops && !drops.deletable);
        cr_expect_str_empty(drops.rule);
        cr_expect_str_empty(drops.detail);
        cr_expect(drops.lost == 7 && drops.rate_limit == 5 && drops.backlog == 1);
}

Test(kernel_drops, the_rule_is_the_one_that_drops_this_type_of_record) {
        kernel.rules[0] = RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, "msgtype=ADD_USER");
        kernel.rules[1] = RULE(AUDIT_FILTER_USER, AUDIT_NEVER, "auid>=1000");
        kernel.rules[2] = RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, "uid=0");

        const struct kernel_drops drops = find();

        cr_expect(drops.drops && drops.deletable);
        cr_expect_eq(drops.cause, CAUSE_EXCLUDED);
        cr_expect_str_eq(drops.rule, "never,user -F 'auid>=1000'");
        cr_expect_str_eq(drops.detail, "the kernel has the rule never,user -F 'auid>=1000'");
}

Test(kernel_drops, locked_rules_cannot_be_deleted) {
        kernel.state.locked = true;
        kernel.rules[0] = RULE(AUDIT_FILTER_USER, AUDIT_NEVER, "uid=0");

        const struct kernel_drops drops = find();

        cr_expect(drops.drops && !drops.deletable);
        cr_expect_str_eq(drops.rule, "never,user -F uid=0");
        cr_expect_str_eq(
                drops.detail,
                "the kernel has the rule never,user -F uid=0, and its rules are locked until the next boot (enabled 2)");
}

Test(kernel_drops, auditing_that_is_off_is_the_cause_before_any_rule) {
        kernel.state.enabled = false;
        kernel.rules[0] = RULE(AUDIT_FILTER_USER, AUDIT_NEVER, "uid=0");

        const struct kernel_drops drops = find();

        cr_expect(drops.drops);
        cr_expect_eq(drops.cause, CAUSE_DISABLED);
        cr_expect_str_eq(drops.rule, "never,user -F uid=0");
}

Test(kernel_drops, half_of_an_answer_is_none) {
        kernel.error = -ETIMEDOUT;
        kernel.rules[0] = RULE(AUDIT_FILTER_USER, AUDIT_NEVER, "uid=0");

        const struct kernel_drops drops = find();

        cr_expect(!drops.known && !drops.drops && !drops.deletable);
        cr_expect_str_empty(drops.rule);
}
