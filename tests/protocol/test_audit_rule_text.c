/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/audit/audit_rule_text.h"

#include <criterion/criterion.h>
#include <libaudit.h>

#include "tests/harness/rule_maker.h"

static void expect_text(struct audit_rule_data *rule, const char *expected) {
        char text[AUDIT_RULE_TEXT_MAX];

        cr_expect_eq(audit_rule_text(rule, sizeof(*rule) + rule->buflen, text), !strchr(expected, '?'), "%s", text);
        cr_expect_str_eq(text, expected, "%s", text);
        free(rule);
}

Test(audit_rule_text, a_rule_has_the_words_of_auditctl) {
        expect_text(RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, "msgtype=ADD_USER"), "always,exclude -F msgtype=ADD_USER");
        expect_text(RULE(AUDIT_FILTER_USER, AUDIT_NEVER), "never,user");
        expect_text(RULE(AUDIT_FILTER_USER, AUDIT_NEVER, "uid=0", "auid!=-1", "pid>=300"),
                    "never,user -F uid=0 -F auid!=-1 -F 'pid>=300'");
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

        cr_expect_not(audit_rule_text(rule, sizeof(*rule), text));
        cr_expect_str_eq(text, "always,exclude -F uid=0");
        cr_expect_not(audit_rule_text(rule, sizeof(*rule) - 1, text));
        cr_expect_str_eq(text, "");
        rule->field_count = AUDIT_MAX_FIELDS + 1;
        cr_expect_not(audit_rule_text(rule, sizeof(*rule) + rule->buflen, text));
        cr_expect_str_eq(text, "");
        free(rule);
}

Test(audit_rule_text, a_key_has_an_option_of_its_own) {
        struct audit_rule_data *rule = RULE(AUDIT_FILTER_USER, AUDIT_NEVER, "uid=0", "exe=my key");

        rule->fields[1] = AUDIT_FILTERKEY; /* libaudit takes a key only together with a system call */
        expect_text(rule, "never,user -F uid=0 -k 'my key'");
}

Test(audit_rule_text, a_long_rule_says_that_it_goes_on) {
        char exe[1024] = "exe=/", text[AUDIT_RULE_TEXT_MAX];

        memset(exe + strlen(exe), 'x', 900);
        struct audit_rule_data *rule = RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, exe, "uid=0");
        cr_expect_not(audit_rule_text(rule, sizeof(*rule) + rule->buflen, text));
        cr_expect_eq(strlen(text), AUDIT_RULE_TEXT_MAX - 1);
        cr_expect_str_eq(text + strlen(text) - 3, "...");
        free(rule);
}

Test(audit_rule_text, nothing_in_it_acts_on_a_terminal) {
        struct audit_rule_data *rule = RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, "exe=/a\x1b[2J\xc3' \n\x7fz");

        expect_text(rule, "always,exclude -F 'exe=/a?[2J?? ??z'");
}

/* Else "-F uid>=1000" would write into a file, and name another rule. */
Test(audit_rule_text, a_shell_gives_auditctl_the_same_rule) {
        static const char *const fields[] = { "uid>=1000", "uid<5", "gid&3", "exe=/opt/a b;c$(d)`e`\"*", "auid=-1" };

        for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
                struct audit_rule_data *rule = RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, fields[i]);
                char text[AUDIT_RULE_TEXT_MAX], command[AUDIT_RULE_TEXT_MAX + 64], word[128];

                cr_expect(audit_rule_text(rule, sizeof(*rule) + rule->buflen, text));
                snprintf(command, sizeof(command), "set -- %s; printf '%%s\n' \"$3\"", text);
                FILE *shell = popen(command, "re");
                cr_assert(shell && fgets(word, sizeof(word), shell));
                pclose(shell);
                word[strcspn(word, "\n")] = 0;
                cr_expect_str_eq(word, fields[i]);
                free(rule);
        }
}

Test(audit_rule_text, of_a_text_of_any_length_no_byte_is_behind_its_room) {
        char exe[1024] = "exe=/ ";

        for (size_t length = strlen(exe); length < 520; length++) {
                char text[AUDIT_RULE_TEXT_MAX + 1];

                memset(exe + 6, 'x', length - 6);
                exe[length] = 0;
                struct audit_rule_data *rule = RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, exe);
                text[AUDIT_RULE_TEXT_MAX] = '#';
                bool whole = audit_rule_text(rule, sizeof(*rule) + rule->buflen, text);
                cr_expect_eq(text[AUDIT_RULE_TEXT_MAX], '#', "%zu", length);
                cr_expect_lt(strlen(text), AUDIT_RULE_TEXT_MAX);
                cr_expect_eq(whole, text[strlen(text) - 1] == '\'', "%zu: %s", length, text);
                free(rule);
        }
}
