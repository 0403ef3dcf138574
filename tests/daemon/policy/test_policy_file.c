/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/policy/policy_file.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One problem that a text must have; NULL for what is not looked at. */
struct expected {
        unsigned line, column, width;
        const char *message, *suggestion;
};

static struct policy_file parse_good(const char *text, size_t length) {
        struct diagnostics problems = DIAGNOSTICS_NULL;
        struct policy_file policy;
        int r = policy_file_parse("x.conf", text, length, &policy, &problems);

        cr_assert_eq(r, 0, "%s", problems.count > 0 ? problems.items[0].message : "");
        cr_assert_eq(problems.count, 0);
        return policy;
}

static void expect_problems_n(const char *text, size_t length, const struct expected *expected, size_t count) {
        struct diagnostics problems = DIAGNOSTICS_NULL;
        struct policy_file policy;

        cr_expect_eq(policy_file_parse("x.conf", text, length, &policy, &problems), -EINVAL);
        cr_expect_eq(problems.count, count, "%zu problems in %s", problems.count, text);
        for (size_t i = 0; i < problems.count && i < count; i++) {
                const struct diagnostic *found = &problems.items[i];
                const char *suggestion = expected[i].suggestion ? expected[i].suggestion : "";

                cr_expect_str_eq(found->file, "x.conf");
                cr_expect_eq(found->severity, SEVERITY_ERROR);
                cr_expect_str_eq(found->message, expected[i].message);
                cr_expect_eq(found->line, expected[i].line, "line %u: %s", found->line, found->message);
                cr_expect_eq(found->column, expected[i].column, "column %u: %s", found->column, found->message);
                cr_expect_eq(found->width, expected[i].width, "width %u: %s", found->width, found->message);
                cr_expect_str_eq(found->suggestion ? found->suggestion : "", suggestion, "%s", found->message);
                cr_expect_not_null(found->expected, "%s", found->message);
                cr_expect_eq(found->text == NULL, found->line == 0);
        }
        diagnostics_clear(&problems);
}

#define EXPECT_PROBLEMS_N(text, length, ...)                                                                           \
        do {                                                                                                           \
                static const struct expected list_[] = { __VA_ARGS__ };                                                \
                expect_problems_n(text, length, list_, sizeof(list_) / sizeof(list_[0]));                              \
        } while (0)
#define EXPECT_PROBLEMS(text, ...) EXPECT_PROBLEMS_N(text, strlen(text), __VA_ARGS__)

Test(policy_file, one_word_is_a_policy) {
        for (int action = 0; action < ACTION_COUNT; action++) {
                const char *word = action_name((enum auditfail_action)action);
                struct policy_file policy = parse_good(word, strlen(word));

                cr_expect_eq(policy.base.action, action);
                cr_expect_eq(policy.base.line, 1);
                for (int kind = 0; kind < KIND_COUNT; kind++)
                        cr_expect_eq(policy.exceptions[kind].line, 0);
        }
}

Test(policy_file, the_sample_of_the_proposal_is_a_policy) {
        static const char text[] = "# Action to take when call to the audit subsystem fails.\n"
                                   "# \n"
                                   "# Options are:  ignore, log, terminate\n"
                                   "terminate\n";
        struct policy_file policy = parse_good(text, strlen(text));

        cr_expect_eq(policy.base.action, AUDITFAIL_TERMINATE);
        cr_expect_eq(policy.base.line, 4);
}

Test(policy_file, each_kind_may_have_an_exception_in_any_order) {
        static const char text[] = "terminate\nother = terminate\n\ndenied = ignore\noverload = log\n"
                                   "unsupported = ignore\n";
        static const uint32_t lines[KIND_COUNT] = {
                [KIND_UNSUPPORTED] = 6, [KIND_DENIED] = 4, [KIND_OVERLOAD] = 5, [KIND_OTHER] = 2
        };
        struct policy_file policy = parse_good(text, strlen(text));

        for (int kind = 0; kind < KIND_COUNT; kind++)
                cr_expect_eq(policy.exceptions[kind].line, lines[kind]);
        cr_expect_eq(policy.exceptions[KIND_OVERLOAD].action, AUDITFAIL_LOG);
        cr_expect_eq(policy.exceptions[KIND_OTHER].action, AUDITFAIL_TERMINATE);
}

Test(policy_file, blanks_comments_and_line_ends_of_any_kind_do_not_matter) {
        static const char *const texts[] = {
                "log\nunsupported=ignore",
                "log\r\nunsupported = ignore\r\n",
                "\tlog\t# comment = here\nunsupported\t=  ignore#comment",
                "log # \x07 and \xff are no matter here\nunsupported = ignore \n\n\n",
        };

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
                struct policy_file policy = parse_good(texts[i], strlen(texts[i]));

                cr_expect_eq(policy.base.action, AUDITFAIL_LOG);
                cr_expect_eq(policy.base.line, 1);
                cr_expect_eq(policy.exceptions[KIND_UNSUPPORTED].line, 2);
        }
}

Test(policy_file, only_the_bytes_handed_in_are_read) {
        cr_expect_eq(parse_good("logXXX", 3).base.action, AUDITFAIL_LOG);
}

Test(policy_file, a_line_of_any_length_is_no_error) {
        static char text[POLICY_FILE_MAX] = "log ";

        memset(text + 4, '#', sizeof(text) - 4);
        cr_expect_eq(parse_good(text, sizeof(text)).base.action, AUDITFAIL_LOG);
}

Test(policy_file, an_unknown_action_is_named_with_what_was_meant) {
        EXPECT_PROBLEMS("# c\n  terminat # c\n", { 2, 3, 8, "unknown action \"terminat\"", "terminate" });
        EXPECT_PROBLEMS("Log", { 1, 1, 3, "unknown action \"Log\"", "log" });
        EXPECT_PROBLEMS("stop\n", { 1, 1, 4, "unknown action \"stop\"", NULL });
        EXPECT_PROBLEMS("log\ndenied = Ignore\n", { 2, 10, 6, "unknown action \"Ignore\"", "ignore" });
}

Test(policy_file, a_long_word_is_cut_off_in_the_message) {
        EXPECT_PROBLEMS("wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww",
                        { 1, 1, 50, "unknown action \"wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww...\"", NULL });
        EXPECT_PROBLEMS("log\nwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww = log",
                        { 2, 1, 50, "unknown kind of failure \"wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww...\"", NULL });
        EXPECT_PROBLEMS(
                "log\ndenied wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww = log",
                { 2, 8, 50, "\"wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww...\" after the kind of failure", NULL });
}

Test(policy_file, an_unknown_kind_is_named_with_what_was_meant) {
        EXPECT_PROBLEMS("log\n denyed = log", { 2, 2, 6, "unknown kind of failure \"denyed\"", "denied" });
        EXPECT_PROBLEMS("log\nOther = log", { 2, 1, 5, "unknown kind of failure \"Other\"", "other" });
        EXPECT_PROBLEMS("log\nignore = log", { 2, 1, 6, "unknown kind of failure \"ignore\"", NULL });
}

Test(policy_file, a_missing_equals_sign_is_named) {
        EXPECT_PROBLEMS("log\ndenied ignore", { 2, 1, 6, "no \"=\" after the kind of failure \"denied\"", NULL });
        EXPECT_PROBLEMS("log\ndenied", { 2, 1, 6, "no \"=\" after the kind of failure \"denied\"", NULL });
        EXPECT_PROBLEMS("log\ndenyed log", { 2, 1, 6, "unknown word \"denyed\"", "denied" });
}

Test(policy_file, a_missing_side_of_the_equals_sign_is_named) {
        EXPECT_PROBLEMS("log\ndenied =", { 2, 8, 1, "no action after \"=\"", NULL });
        EXPECT_PROBLEMS("log\ndenied = # ignore", { 2, 8, 1, "no action after \"=\"", NULL });
        EXPECT_PROBLEMS("log\n= ignore", { 2, 1, 1, "no kind of failure before \"=\"", NULL });
}

Test(policy_file, text_after_the_end_of_a_rule_is_named) {
        EXPECT_PROBLEMS("log it all", { 1, 5, 6, "\"it all\" after the action \"log\"", NULL });
        EXPECT_PROBLEMS("log\ndenied = log; exit", { 2, 10, 4, "unknown action \"log;\"", "log" });
        EXPECT_PROBLEMS("log\ndenied = log , ignore", { 2, 14, 8, "\", ignore\" after the action \"log\"", NULL });
        EXPECT_PROBLEMS("log\ndenied now = log", { 2, 8, 3, "\"now\" after the kind of failure", NULL });
}

Test(policy_file, the_action_comes_before_the_exceptions) {
        EXPECT_PROBLEMS("denied = ignore\nother = log\nlog", { 1, 1, 15, "exception before the action", NULL });
        EXPECT_PROBLEMS("denied = ignore\n", { 1, 1, 15, "exception before the action", NULL });
}

Test(policy_file, what_comes_twice_is_named_with_the_line_of_the_first) {
        EXPECT_PROBLEMS("\nlog\nignore", { 3, 1, 6, "second action \"ignore\", the first is in line 2", NULL });
        EXPECT_PROBLEMS("lgo\nignore", { 1, 1, 3, "unknown action \"lgo\"", "log" },
                        { 2, 1, 6, "second action \"ignore\", the first is in line 1", NULL });
        EXPECT_PROBLEMS("log\ndenied = log\ndenied = log",
                        { 3, 1, 6, "second exception for \"denied\", the first is in line 2", NULL });
        EXPECT_PROBLEMS("log\ndenied = x\ndenied = log", { 2, 10, 1, "unknown action \"x\"", NULL },
                        { 3, 1, 6, "second exception for \"denied\", the first is in line 2", NULL });
}

Test(policy_file, a_file_without_an_action_is_no_policy) {
        EXPECT_PROBLEMS("", { 0, 0, 0, "no action", NULL });
        EXPECT_PROBLEMS("# log\n\n", { 0, 0, 0, "no action", NULL });
}

Test(policy_file, a_nul_is_an_error_anywhere) {
        EXPECT_PROBLEMS_N("log # \0", 7, { 1, 7, 0, "NUL byte", NULL });
        EXPECT_PROBLEMS_N("lo\0g\n", 5, { 1, 3, 0, "NUL byte", NULL });
}

Test(policy_file, a_control_character_is_an_error_outside_of_comments) {
        EXPECT_PROBLEMS("log\x1b[2K", { 1, 4, 1, "control character 0x1b", NULL });
        EXPECT_PROBLEMS("log\x7f", { 1, 4, 1, "control character 0x7f", NULL });
        EXPECT_PROBLEMS("log\rignore\n", { 1, 4, 1, "control character 0x0d", NULL });
}

Test(policy_file, a_byte_order_mark_is_an_error_of_its_own) {
        EXPECT_PROBLEMS("\xef\xbb\xbflog\n", { 1, 1, 3, "byte order mark", NULL });
}

Test(policy_file, all_problems_are_found) {
        EXPECT_PROBLEMS("ignor\nfoo = bar baz\ndenied\n", { 1, 1, 5, "unknown action \"ignor\"", "ignore" },
                        { 2, 1, 3, "unknown kind of failure \"foo\"", NULL },
                        { 2, 7, 3, "unknown action \"bar\"", NULL },
                        { 3, 1, 6, "no \"=\" after the kind of failure \"denied\"", NULL });
}

Test(policy_file, problems_of_other_files_do_not_matter) {
        struct diagnostics problems = DIAGNOSTICS_NULL;
        struct policy_file policy;

        cr_expect_eq(policy_file_parse("a.conf", "x", 1, &policy, &problems), -EINVAL);
        cr_expect_eq(policy_file_parse("b.conf", "log", 3, &policy, &problems), 0);
        cr_expect_eq(problems.count, 1);
        diagnostics_clear(&problems);
}

Test(policy_file, the_longest_wait_is_a_number_of_seconds) {
        static const char text[] = "log\nwait = 60 # seconds\ndenied = ignore\n";
        struct policy_file policy = parse_good(text, strlen(text));

        cr_expect_eq(policy.base.wait, 60);
        cr_expect_eq(policy.exceptions[KIND_DENIED].line, 3);
        cr_expect_eq(parse_good("log\nwait=1", 10).base.wait, 1);
        cr_expect_eq(parse_good("log", 3).base.wait, 0);
}

Test(policy_file, a_wait_that_is_no_number_of_seconds_is_a_problem) {
        EXPECT_PROBLEMS("log\nwait = 0", { 2, 8, 1, "bad wait \"0\"", NULL });
        EXPECT_PROBLEMS("log\nwait = 61", { 2, 8, 2, "bad wait \"61\"", NULL });
        EXPECT_PROBLEMS("log\nwait = 18446744073709551617", { 2, 8, 20, "bad wait \"18446744073709551617\"", NULL });
        EXPECT_PROBLEMS("log\nwait = 5 s", { 2, 8, 3, "bad wait \"5 s\"", NULL });
        EXPECT_PROBLEMS("log\nwait = log", { 2, 8, 3, "bad wait \"log\"", NULL });
        EXPECT_PROBLEMS("log\nwait =", { 2, 6, 1, "nothing after \"=\"", NULL });
        EXPECT_PROBLEMS("log\nwait = 5\nwait = 6", { 3, 1, 4, "second \"wait\", the first is in line 2", NULL });
        EXPECT_PROBLEMS("wait = 5\nlog", { 1, 1, 8, "exception before the action", NULL });
        EXPECT_PROBLEMS("log\nwait 5", { 2, 1, 4, "unknown word \"wait\"", NULL });
}

Test(policy_file, a_bad_wait_is_reported_with_the_limits) {
        struct diagnostics problems = DIAGNOSTICS_NULL;
        struct policy_file policy;

        cr_assert_eq(policy_file_parse("x.conf", "log\nwait = 61", 13, &policy, &problems), -EINVAL);
        char *line = diagnostic_line(&problems.items[0]);
        cr_expect_str_eq(line, "x.conf:2:8: error: bad wait \"61\", expected a number of seconds from 1 to 60");
        free(line);
        diagnostics_clear(&problems);
}
