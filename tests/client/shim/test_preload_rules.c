/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/shim/preload_rules.h"

#include <criterion/criterion.h>

Test(preload_rules, what_the_library_leaves_alone) {
        static const struct {
                struct preload_facts facts;
                enum preload_rest rest;
        } table[] = {
                { { .executable = "useradd" }, PRELOAD_ACTS },
                { { .executable = "" }, PRELOAD_ACTS },
                { { .executable = "useradd", .process_1 = true }, PRELOAD_ACTS },
                { { .executable = "systemd" }, PRELOAD_ACTS },
                { { .executable = "systemd", .process_1 = true }, PRELOAD_LEAVES_INIT },
                { { .executable = "init", .process_1 = true }, PRELOAD_LEAVES_INIT },
                { { .executable = "auditd" }, PRELOAD_LEAVES_AUDITD },
                { { .executable = "useradd", .refuses = true }, PRELOAD_LEAVES_REFUSER },
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
                cr_expect_eq(preload_rest(&table[i].facts), table[i].rest, "row %zu", i);
}

Test(preload_rules, whose_policy_applies) {
        static const struct {
                struct preload_facts facts;
                const char *application;
        } table[] = {
                { { .called = "useradd", .executable = "busybox" }, "useradd" },
                { { .called = "sshd-session" }, "sshd" },
                { { .called = "-bash" }, "default" },
                { { .called = "useradd", .variable = "" }, "useradd" },
                { { .called = "useradd", .variable = "batch" }, "batch" },
                { { .called = "useradd", .variable = "/etc/auditfail/batch.conf" }, "batch" },
                { { .called = "useradd", .variable = "/etc/passwd" }, "default" },
                { { .called = "chosen", .executable = "su", .secure = true }, "su" },
                { { .called = "chosen", .executable = "", .secure = true }, "default" },
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                char application[APPLICATION_NAME_MAX + 1];

                preload_application(&table[i].facts, application);
                cr_expect_str_eq(application, table[i].application, "row %zu", i);
        }
}

#define OWN                                                                                                            \
        { .file = "/etc/auditfail/cups.conf", .via = AUDITFAIL_VIA_SNAPSHOT }
#define DEFAULT                                                                                                        \
        { .file = "/etc/auditfail/default.conf" }
#define NO_FILE                                                                                                        \
        { .via = AUDITFAIL_VIA_DAEMON }
#define BUILTIN                                                                                                        \
        { .via = AUDITFAIL_VIA_BUILTIN }

Test(preload_rules, which_policy_applies_to_an_ordinary_users_process) {
        static const struct {
                struct preload_facts facts;
                const char *application;
                struct auditfail_answer answer;
                enum preload_common rule;
        } table[] = {
                { { .secure = true }, "cups", OWN, PRELOAD_COMMON_SECURE },
                { { .secure = false }, "cups", OWN, PRELOAD_COMMON_OBEYS },
                { { .secure = false }, "cups", DEFAULT, PRELOAD_COMMON_DEFAULT },
                { { .in_ld_preload = true }, "cups", DEFAULT, PRELOAD_COMMON_DEFAULT },
                { { .secure = false }, "cups", NO_FILE, PRELOAD_COMMON_DEFAULT },
                { { .called = "-bash" }, "default", DEFAULT, PRELOAD_COMMON_DEFAULT },
                { { .variable = "default" }, "default", DEFAULT, PRELOAD_COMMON_OBEYS },
                { { .secure = false }, "cups", BUILTIN, PRELOAD_COMMON_REPORTS },
                { { .in_ld_preload = true }, "cups", BUILTIN, PRELOAD_COMMON_OBEYS },
                { { .variable = "cups" }, "cups", BUILTIN, PRELOAD_COMMON_OBEYS },
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
                cr_expect_eq(preload_common(&table[i].facts, table[i].application, &table[i].answer), table[i].rule,
                             "row %zu", i);
}

Test(preload_rules, only_privileges_count_before_the_policy_is_asked) {
        cr_expect_eq(preload_common(&(struct preload_facts){ .secure = true }, "cups", NULL), PRELOAD_COMMON_SECURE);
        cr_expect_eq(preload_common(&(struct preload_facts){ .secure = false }, "cups", NULL), PRELOAD_COMMON_OBEYS);
}

Test(preload_rules, ld_preload_names_the_library_by_any_path) {
        static const struct {
                const char *list;
                bool listed;
        } table[] = {
                { NULL, false },
                { "", false },
                { PRELOAD_NAME, true },
                { "/usr/lib/" PRELOAD_NAME, true },
                { "a.so:/x/" PRELOAD_NAME " b.so", true },
                { " : " PRELOAD_NAME " ", true },
                { PRELOAD_NAME ".1", false },
                { "/x/y" PRELOAD_NAME, false },
                { "/" PRELOAD_NAME "/other.so", false },
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
                cr_expect_eq(preload_is_listed(table[i].list), table[i].listed, "\"%s\"", table[i].list ?: "(null)");
}
