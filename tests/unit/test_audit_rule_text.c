/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "audit_rule_text.h"

#include <criterion/criterion.h>
#include <libaudit.h>

#include "../rule_maker.h"

static void expect_text(struct audit_rule_data *rule, const char *expected) {
        char text[AUDIT_RULE_TEXT_MAX];

        audit_rule_text(rule, sizeof(*rule) + rule->buflen, text);
        cr_expect_str_eq(text, expected, "%s", text);
        free(rule);
}

Test(audit_rule_text, a_rule_has_the_words_of_auditctl) {
        expect_text(RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, "msgtype=ADD_USER"), "always,exclude -F msgtype=ADD_USER");
        expect_text(RULE(AUDIT_FILTER_USER, AUDIT_NEVER), "never,user");
        expect_text(RULE(AUDIT_FILTER_USER, AUDIT_NEVER, "uid=0", "auid!=-1", "pid>=300"),
                    "never,user -F uid=0 -F auid!=-1 -F pid>=300");
        expect_text(RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, "exe=/usr/bin/cat", "subj_role=r"),
                    "always,exclude -F exe=/usr/bin/cat -F subj_role=r");
}

Test(audit_rule_text, what_has_no_name_is_a_number) {
        struct audit_rule_data *rule = RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, "msgtype=2998");

        rule->fieldflags[0] = AUDIT_EQUAL;
        expect_text(rule, "always,exclude -F msgtype=2998");
}

Test(audit_rule_text, a_rule_that_is_cut_off_ends_early) {
        struct audit_rule_data *rule = RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, "uid=0", "exe=/usr/bin/cat");
        char text[AUDIT_RULE_TEXT_MAX];

        audit_rule_text(rule, sizeof(*rule), text);
        cr_expect_str_eq(text, "always,exclude -F uid=0");
        audit_rule_text(rule, sizeof(*rule) - 1, text);
        cr_expect_str_eq(text, "");
        free(rule);
}

Test(audit_rule_text, a_long_rule_says_that_it_goes_on) {
        char exe[1024] = "exe=/", text[AUDIT_RULE_TEXT_MAX];

        memset(exe + strlen(exe), 'x', 900);
        struct audit_rule_data *rule = RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, exe);
        audit_rule_text(rule, sizeof(*rule) + rule->buflen, text);
        cr_expect_eq(strlen(text), AUDIT_RULE_TEXT_MAX - 1);
        cr_expect_str_eq(text + strlen(text) - 3, "...");
        free(rule);
}

Test(audit_rule_text, nothing_in_it_acts_on_a_terminal) {
        struct audit_rule_data *rule = RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, "exe=/a\x1b[2J\xc3\xa4\n");

        expect_text(rule, "always,exclude -F exe=/a?[2J???");
}
