/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/policy/diagnostic.h"

#include <criterion/criterion.h>
#include <string.h>

#include "protocol/cleanup.h"

static const struct diagnostic sample = {
        .severity = SEVERITY_ERROR,
        .file = "/etc/auditfail/passwd.conf",
        .line = 3,
        .column = 1,
        .width = 8,
        .message = "unknown action \"terminat\"",
        .expected = "ignore, log or terminate",
        .suggestion = "terminate",
};

/* What is printed about PROBLEM in a line of LENGTH bytes at TEXT. The caller frees it. */
static char *printed(const struct diagnostic *problem, const char *text, size_t length, bool colour) {
        struct diagnostics list = DIAGNOSTICS_NULL;
        char *output = NULL;
        size_t output_length;
        FILE *stream = open_memstream(&output, &output_length);

        cr_assert(stream);
        diagnostics_add(&list, problem, text, length);
        diagnostic_print(stream, &list.items[0], colour);
        fclose(stream);
        diagnostics_clear(&list);
        return output;
}

static void expect_printed(const struct diagnostic *problem, const char *text, size_t length, const char *expected) {
        cleanup(cleanup_free) char *output = printed(problem, text, length, false);

        cr_expect_str_eq(output, expected, "%s", output);
}

/* The line and the caret below what begins at COLUMN. */
static void expect_source(unsigned column, unsigned width, const char *text, size_t length, const char *expected) {
        struct diagnostic problem = { .file = "f", .line = 1, .column = column, .width = width, .message = "m" };
        cleanup(cleanup_free) char *output = printed(&problem, text, length, false);
        const char *source = strchr(output, '\n') + 1;

        cr_expect_str_eq(source, expected, "%s", source);
}

Test(diagnostic, reads_like_a_compilers) {
        expect_printed(&sample, "terminat", 8,
                       "/etc/auditfail/passwd.conf:3:1: error: unknown action \"terminat\", expected ignore, log or "
                       "terminate\n"
                       "    terminat\n"
                       "    ^~~~~~~~\n"
                       "    did you mean \"terminate\"?\n");
}

Test(diagnostic, a_whole_file_has_no_line_and_what_is_not_known_is_left_out) {
        struct diagnostic problem = { .severity = SEVERITY_WARNING, .file = "/etc/x", .message = "is not read" };

        expect_printed(&problem, NULL, 0, "/etc/x: warning: is not read\n");
}

Test(diagnostic, the_caret_stands_below_a_character_whatever_comes_before_it) {
        expect_source(4, 3, "\t\xc3\xa4log", 6, "     \xc3\xa4log\n      ^~~\n");
        expect_source(3, 3, "\x1b log", 5, "    \\x1B log\n         ^~~\n");
        expect_source(5, 0, "log ", 4, "    log \n        ^\n");
        expect_source(400, 3, "log", 3, "    log\n       ^\n");
}

Test(diagnostic, nothing_that_acts_on_a_terminal_is_printed) {
        static const struct {
                const char *bytes, *shown;
        } table[] = {
                { "\x1b", "\\x1B" },
                { "\x7f", "\\x7F" },
                { "\r", "\\x0D" },
                { "\n", "\\x0A" },
                { "\xff", "\\xFF" },
                { "\xc0\xaf", "\\xC0\\xAF" },
                { "\xc2\x9b", "\\xC2\\x9B" },                                     /* CSI, as one character */
                { "\xe2\x80\xae\xe2\x80\xac", "\\xE2\\x80\\xAE\\xE2\\x80\\xAC" }, /* from right to left, and back */
                { "\xe2\x80\xa8", "\\xE2\\x80\\xA8" },                            /* line separator */
                { "\xef\xbb\xbf", "\\xEF\\xBB\\xBF" },                            /* byte order mark */
                { "\xc2\xa0", "\\xC2\\xA0" },                                     /* looks like a blank and is none */
                { "\xf0\x9f\x94\x92", "\xf0\x9f\x94\x92" },                       /* a lock */
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                struct diagnostic problem = { .file = table[i].bytes, .message = table[i].bytes };
                char expected[64];
                cleanup(cleanup_free) char *line = diagnostic_line(&problem);

                snprintf(expected, sizeof(expected), "%s: error: %s", table[i].shown, table[i].shown);
                cr_expect_str_eq(line, expected, "%s instead of %s", line, expected);
        }
}

Test(diagnostic, the_line_for_a_log_is_one_line) {
        cleanup(cleanup_free) char *line = diagnostic_line(&sample);

        cr_expect_str_eq(line, "/etc/auditfail/passwd.conf:3:1: error: unknown action \"terminat\", expected ignore, "
                               "log or terminate");
}

Test(diagnostic, colours_come_only_when_asked_for) {
        cleanup(cleanup_free) char *plain = printed(&sample, "terminat", 8, false);
        cleanup(cleanup_free) char *coloured = printed(&sample, "terminat", 8, true);

        cr_expect_null(strchr(plain, '\033'));
        cr_expect_not_null(strstr(coloured, "\033[1;31merror:\033[0m"));
        cr_expect_not_null(strstr(coloured, "\033[1;32m^~~~~~~~\033[0m"));
}

Test(diagnostic, strings_are_copied) {
        char file[] = "file", message[] = "message", text[] = "text";
        struct diagnostics list = DIAGNOSTICS_NULL;

        diagnostics_add(&list, &(struct diagnostic){ .file = file, .message = message }, text, 4);
        memset(file, 'x', 4);
        memset(message, 'x', 7);
        memset(text, 'x', 4);
        cr_expect_str_eq(list.items[0].file, "file");
        cr_expect_str_eq(list.items[0].message, "message");
        cr_expect_str_eq(list.items[0].text, "text");
        cr_expect_null(list.items[0].expected);
        diagnostics_clear(&list);
        cr_expect_eq(list.count, 0);
}

Test(diagnostic, a_long_line_is_cut_off_between_characters) {
        static const char euro[] = { (char)0xe2, (char)0x82, (char)0xac };
        char line[DIAGNOSTIC_TEXT_MAX + 10];
        struct diagnostics list = DIAGNOSTICS_NULL;

        memset(line, 'x', sizeof(line));
        diagnostics_add(&list, &sample, line, DIAGNOSTIC_TEXT_MAX);
        diagnostics_add(&list, &sample, line, DIAGNOSTIC_TEXT_MAX + 1);
        memcpy(line + DIAGNOSTIC_TEXT_MAX - 2, euro, sizeof(euro));
        diagnostics_add(&list, &sample, line, sizeof(line));

        cr_expect_eq(strlen(list.items[0].text), DIAGNOSTIC_TEXT_MAX);
        cr_expect_eq(strlen(list.items[1].text), DIAGNOSTIC_TEXT_MAX + strlen("..."));
        cr_expect_str_eq(list.items[2].text + DIAGNOSTIC_TEXT_MAX - 4, "xx...");
        diagnostics_clear(&list);
}

Test(diagnostic, a_nul_in_the_line_is_shown) {
        expect_source(4, 0, "log\0#", 5, "    log\xe2\x90\x80#\n       ^\n");
}

Test(diagnostic, only_the_first_problems_are_kept_and_all_are_counted) {
        struct diagnostics list = DIAGNOSTICS_NULL;
        struct diagnostic problem = sample;

        for (unsigned i = 1; i <= DIAGNOSTICS_MAX + 10; i++) {
                problem.line = i;
                problem.severity = i % 2 ? SEVERITY_ERROR : SEVERITY_WARNING;
                diagnostics_add(&list, &problem, NULL, 0);
        }
        cr_expect_eq(list.count, DIAGNOSTICS_MAX);
        cr_expect_eq(list.omitted, 10);
        cr_expect_eq(list.errors, (DIAGNOSTICS_MAX + 10) / 2);
        cr_expect_eq(list.items[DIAGNOSTICS_MAX - 1].line, DIAGNOSTICS_MAX);
        diagnostics_clear(&list);
        cr_expect_eq(list.errors + list.omitted, 0);
}

Test(diagnostic, sorted_by_file_line_and_column) {
        static const struct diagnostic unsorted[] = {
                { .file = "b", .line = 1, .column = 1, .message = "4" },
                { .file = "a", .line = 2, .column = 1, .message = "3" },
                { .file = "a", .line = 1, .column = 9, .message = "2" },
                { .file = "a", .line = 1, .column = 2, .message = "1" },
        };
        struct diagnostics list = DIAGNOSTICS_NULL;

        diagnostics_sort(&list);
        for (size_t i = 0; i < 4; i++)
                diagnostics_add(&list, &unsorted[i], NULL, 0);
        diagnostics_sort(&list);
        for (int i = 0; i < 4; i++)
                cr_expect_eq(list.items[i].message[0], '1' + i);
        diagnostics_clear(&list);
}
