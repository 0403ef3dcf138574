/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/policy/policy.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "protocol/cleanup.h"

#define ABSENT FINDING_ABSENT
#define USED   FINDING_USED

static const struct policy_file log_rules = {
        .base = { AUDITFAIL_LOG, 3 },
        .exceptions[KIND_DENIED] = { AUDITFAIL_IGNORE, 5 },
};
static const struct policy_file terminate_rules = { .base = { AUDITFAIL_TERMINATE, 1 } };

static void cleanup_policy(struct policy **policy) {
        policy_free(*policy);
}

#define POLICY cleanup(cleanup_policy) struct policy *policy = empty("")

static struct policy *empty(const char *root) {
        struct policy *policy = NULL;

        cr_assert_eq(policy_new(root, &policy), 0);
        return policy;
}

static void add(struct policy *policy, const char *application, const struct policy_file *rules, enum finding etc,
                enum finding flat, enum finding lib) {
        uint8_t findings[PLACE_COUNT] = { (uint8_t)etc, (uint8_t)flat, (uint8_t)lib };

        cr_assert_eq(policy_append(policy, application, rules, findings), 0, "%s", application);
}

static void expect_decision(const struct policy *policy, const char *application, enum kind kind,
                            enum auditfail_action action, enum source source, const char *file, uint32_t line) {
        struct policy_decision decision;

        policy_decide(policy, application, kind, &decision);
        cr_expect_eq(decision.action, action, "%s", action_name(decision.action));
        cr_expect_eq(decision.source, source, "%s", source_name(decision.source));
        cr_expect_str_eq(decision.file ? decision.file : "", file);
        cr_expect_eq(decision.line, line, "line %u", decision.line);
}

Test(policy, without_any_file_the_answer_is_terminate) {
        POLICY;

        expect_decision(NULL, "passwd", KIND_NONE, AUDITFAIL_TERMINATE, SOURCE_BUILTIN, "", 0);
        expect_decision(policy, "passwd", KIND_OTHER, AUDITFAIL_TERMINATE, SOURCE_BUILTIN, "", 0);
        expect_decision(policy, NULL, KIND_OTHER, AUDITFAIL_TERMINATE, SOURCE_BUILTIN, "", 0);
        cr_expect_eq(policy_count(policy), 0);
}

Test(policy, an_applications_own_file_comes_before_the_default) {
        POLICY;

        add(policy, "default", &terminate_rules, USED, ABSENT, ABSENT);
        add(policy, "passwd", &log_rules, USED, ABSENT, ABSENT);
        expect_decision(policy, "passwd", KIND_NONE, AUDITFAIL_LOG, SOURCE_APPLICATION, "/etc/auditfail/passwd.conf",
                        3);
        expect_decision(policy, "su", KIND_NONE, AUDITFAIL_TERMINATE, SOURCE_DEFAULT, "/etc/auditfail/default.conf", 1);
        expect_decision(policy, "default", KIND_NONE, AUDITFAIL_TERMINATE, SOURCE_DEFAULT,
                        "/etc/auditfail/default.conf", 1);
        expect_decision(policy, NULL, KIND_NONE, AUDITFAIL_TERMINATE, SOURCE_DEFAULT, "/etc/auditfail/default.conf", 1);
        expect_decision(policy, "../../etc/shadow", KIND_NONE, AUDITFAIL_TERMINATE, SOURCE_DEFAULT,
                        "/etc/auditfail/default.conf", 1);
}

Test(policy, an_exception_answers_for_its_kind_alone) {
        POLICY;

        add(policy, "passwd", &log_rules, ABSENT, USED, ABSENT);
        expect_decision(policy, "passwd", KIND_DENIED, AUDITFAIL_IGNORE, SOURCE_APPLICATION, "/etc/auditfail.passwd",
                        5);
        expect_decision(policy, "passwd", KIND_OTHER, AUDITFAIL_LOG, SOURCE_APPLICATION, "/etc/auditfail.passwd", 3);
        expect_decision(policy, "passwd", KIND_NONE, AUDITFAIL_LOG, SOURCE_APPLICATION, "/etc/auditfail.passwd", 3);
}

Test(policy, a_name_that_is_masked_everywhere_has_the_default) {
        POLICY;

        add(policy, "default", &log_rules, USED, ABSENT, ABSENT);
        add(policy, "passwd", NULL, FINDING_MASK, FINDING_MASKED, FINDING_MASKED);
        expect_decision(policy, "passwd", KIND_NONE, AUDITFAIL_LOG, SOURCE_DEFAULT, "/etc/auditfail/default.conf", 3);
        cr_expect_eq(policy_count(policy), 1, "a masked name is no application with a policy");
        cr_expect_null(policy_find(policy, "passwd")->file);
}

Test(policy, a_masked_default_is_no_default) {
        POLICY;

        add(policy, "default", NULL, FINDING_MASK, ABSENT, FINDING_MASKED);
        expect_decision(policy, "passwd", KIND_NONE, AUDITFAIL_TERMINATE, SOURCE_BUILTIN, "", 0);
}

Test(policy, a_broken_file_means_terminate_and_never_the_default) {
        POLICY;

        add(policy, "default", &log_rules, USED, ABSENT, ABSENT);
        add(policy, "passwd", NULL, FINDING_BROKEN, ABSENT, FINDING_SHADOWED);
        expect_decision(policy, "passwd", KIND_DENIED, AUDITFAIL_TERMINATE, SOURCE_BROKEN, "/etc/auditfail/passwd.conf",
                        0);
}

Test(policy, a_broken_default_means_terminate_for_all_without_a_file) {
        POLICY;

        add(policy, "default", NULL, ABSENT, ABSENT, FINDING_BROKEN);
        add(policy, "passwd", &log_rules, USED, ABSENT, ABSENT);
        expect_decision(policy, "su", KIND_NONE, AUDITFAIL_TERMINATE, SOURCE_BROKEN, "/usr/lib/auditfail/default.conf",
                        0);
        expect_decision(policy, "passwd", KIND_NONE, AUDITFAIL_LOG, SOURCE_APPLICATION, "/etc/auditfail/passwd.conf",
                        3);
}

Test(policy, paths_begin_with_the_root) {
        cleanup(cleanup_policy) struct policy *policy = empty("/srv/tree");
        char longest[POLICY_ROOT_MAX + 1], name[APPLICATION_NAME_MAX + 1] = "", path[POLICY_PATH_MAX];

        add(policy, "passwd", &log_rules, ABSENT, ABSENT, USED);
        cr_expect_str_eq(policy_find(policy, "passwd")->file, "/srv/tree/usr/lib/auditfail/passwd.conf");
        cr_expect_str_eq(policy_root(policy), "/srv/tree");

        memset(longest, 'r', POLICY_ROOT_MAX);
        memset(name, 'n', APPLICATION_NAME_MAX);
        longest[POLICY_ROOT_MAX] = '\0';
        cr_expect_eq(policy_new(longest, &policy), -ENAMETOOLONG);
        longest[POLICY_ROOT_MAX - 1] = '\0';
        cr_expect_gt(policy_path(path, longest, PLACE_LIB, name, strlen(name)), 0, "the longest path that can be fits");
}

Test(policy, names_must_come_in_order_once_and_be_names) {
        static const uint8_t findings[PLACE_COUNT] = { USED };
        POLICY;

        cr_expect_eq(policy_append(policy, "b", &log_rules, findings), 0);
        cr_expect_eq(policy_append(policy, "b", &log_rules, findings), -EINVAL);
        cr_expect_eq(policy_append(policy, "a", &log_rules, findings), -EINVAL);
        cr_expect_eq(policy_append(policy, "c/d", &log_rules, findings), -EINVAL);
        cr_expect_eq(policy_count(policy), 1);
}

Test(policy, every_one_of_many_is_found) {
        POLICY;
        char name[16];
        size_t count;

        for (int i = 0; i < 3000; i++) {
                snprintf(name, sizeof(name), "app%05d", i * 2);
                add(policy, name, &log_rules, USED, ABSENT, ABSENT);
        }
        const struct policy_entry *entries = policy_entries(policy, &count);
        cr_assert_eq(count, 3000);
        for (int i = 0; i < 3000; i++) {
                snprintf(name, sizeof(name), "app%05d", i * 2);
                cr_expect_eq(policy_find(policy, name), &entries[i]);
                cr_expect_str_eq(entries[i].application, name);
                cr_expect_eq(policy_entries_after(policy, name), (size_t)i + 1);
                snprintf(name, sizeof(name), "app%05d", i * 2 + 1);
                cr_expect_null(policy_find(policy, name));
                cr_expect_eq(policy_entries_after(policy, name), (size_t)i + 1);
        }
        cr_expect_eq(policy_entries_after(policy, NULL), 0);
        cr_expect_eq(policy_entries_after(policy, ""), 0);
        cr_expect_eq(policy_entries_after(policy, "zzz"), 3000);
        cr_expect_null(policy_find(policy, "app"));
        cr_expect_null(policy_find(policy, NULL));
}

static void expect_steps(const struct policy *policy, const char *application, const struct policy_step *expected,
                         size_t count) {
        struct policy_step steps[POLICY_STEPS_MAX];
        size_t found = policy_explain(policy, application, steps);

        cr_assert_eq(found, count, "%zu steps", found);
        for (size_t i = 0; i < count; i++) {
                cr_expect_str_eq(steps[i].application, expected[i].application);
                cr_expect_str_eq(steps[i].file, expected[i].file);
                cr_expect_eq(steps[i].finding, expected[i].finding, "%s: %s", steps[i].file,
                             finding_name(steps[i].finding));
        }
}

Test(policy, an_explanation_ends_where_the_answer_is_found) {
        static const struct policy_step expected[] = {
                { "passwd", "/etc/auditfail/passwd.conf", FINDING_ABSENT },
                { "passwd", "/etc/auditfail.passwd", FINDING_USED },
                { "passwd", "/usr/lib/auditfail/passwd.conf", FINDING_SHADOWED },
        };
        POLICY;

        add(policy, "default", &log_rules, USED, ABSENT, ABSENT);
        add(policy, "passwd", &log_rules, ABSENT, USED, FINDING_SHADOWED);
        expect_steps(policy, "passwd", expected, 3);
}

Test(policy, an_explanation_goes_on_with_the_default) {
        static const struct policy_step expected[] = {
                { "passwd", "/etc/auditfail/passwd.conf", FINDING_MASK },
                { "passwd", "/etc/auditfail.passwd", FINDING_ABSENT },
                { "passwd", "/usr/lib/auditfail/passwd.conf", FINDING_MASKED },
                { "default", "/etc/auditfail/default.conf", FINDING_BROKEN },
                { "default", "/etc/auditfail.default", FINDING_ABSENT },
                { "default", "/usr/lib/auditfail/default.conf", FINDING_SHADOWED },
        };
        POLICY;

        add(policy, "default", NULL, FINDING_BROKEN, ABSENT, FINDING_SHADOWED);
        add(policy, "passwd", NULL, FINDING_MASK, ABSENT, FINDING_MASKED);
        expect_steps(policy, "passwd", expected, 6);
        expect_steps(policy, "default", expected + 3, 3);
        expect_steps(policy, NULL, expected + 3, 3);
        expect_steps(policy, "../passwd", expected + 3, 3);
}

Test(policy, an_explanation_of_nothing_names_every_place) {
        static const struct policy_step expected[] = {
                { "su", "/etc/auditfail/su.conf", FINDING_ABSENT },
                { "su", "/etc/auditfail.su", FINDING_ABSENT },
                { "su", "/usr/lib/auditfail/su.conf", FINDING_ABSENT },
                { "default", "/etc/auditfail/default.conf", FINDING_ABSENT },
                { "default", "/etc/auditfail.default", FINDING_ABSENT },
                { "default", "/usr/lib/auditfail/default.conf", FINDING_ABSENT },
        };
        POLICY;

        expect_steps(policy, "su", expected, 6);
}

/* Whether two policies that differ as VARIANT says are told apart. 0: they do not differ. */
static void build_variant(struct policy *policy, int variant) {
        struct policy_file rules = log_rules;

        if (variant == 1)
                rules.base.action = AUDITFAIL_IGNORE;
        if (variant == 2)
                rules.base.line = 4;
        if (variant == 3)
                rules.exceptions[KIND_DENIED].action = AUDITFAIL_TERMINATE;
        if (variant == 4)
                rules.exceptions[KIND_OTHER] = (struct policy_rule){ .action = AUDITFAIL_IGNORE, .line = 6 };
        if (variant == 8)
                rules.base.wait = 5;
        add(policy, variant == 5 ? "a" : "b", &rules, USED, ABSENT, variant == 6 ? FINDING_SHADOWED : ABSENT);
        if (variant == 7)
                add(policy, "c", NULL, FINDING_MASK, ABSENT, ABSENT);
}

Test(policy, every_difference_is_seen_and_nothing_else) {
        cleanup(cleanup_policy) struct policy *plain = empty("");
        cleanup(cleanup_policy) struct policy *elsewhere = empty("/elsewhere");

        build_variant(plain, 0);
        for (int variant = 0; variant <= 8; variant++) {
                cleanup(cleanup_policy) struct policy *other = empty("");

                build_variant(other, variant);
                cr_expect_eq(policy_fingerprint(plain) == policy_fingerprint(other), variant == 0, "variant %d",
                             variant);
        }
        build_variant(elsewhere, 0);
        cr_expect_neq(policy_fingerprint(plain), policy_fingerprint(elsewhere));
}

Test(policy, the_fingerprint_is_the_same_in_every_run) {
        POLICY;

        build_variant(policy, 0);
        cr_expect_eq(policy_fingerprint(policy), UINT64_C(0x4cf0679b22728a17), "%#lx", policy_fingerprint(policy));
}

Test(policy, findings_and_sources_have_the_words_of_the_interface) {
        static const char *const findings[] = { "absent", "used", "shadowed", "mask", "masked", "broken" };
        static const char *const sources[] = { "application", "default", "broken", "builtin" };

        for (int i = 0; i < FINDING_COUNT; i++)
                cr_expect_str_eq(finding_name((enum finding)i), findings[i]);
        for (int i = 0; i < SOURCE_COUNT; i++)
                cr_expect_str_eq(source_name((enum source)i), sources[i]);
}

Test(policy, a_hundred_thousand_applications_take_little_memory) {
        cr_expect_leq(sizeof(struct policy_entry), 48, "%zu", sizeof(struct policy_entry));
}
