/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/common/text.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>
#include <time.h>

#include "protocol/cleanup.h"

static void utf8(void) {
        cr_assert(setlocale(LC_CTYPE, "C.UTF-8"));
}

TestSuite(text, .init = utf8);

static void assert_safe(const char *text, const char *expected) {
        cleanup(cleanup_free) char *safe = text_safe(text);
        cr_assert_str_eq(safe, expected);
}

Test(text, shows_what_is_harmless_as_it_is) {
        assert_safe("", "");
        assert_safe("/etc/auditfail/passwd.conf:3", "/etc/auditfail/passwd.conf:3");
        assert_safe("Grüße, 監査", "Grüße, 監査");
}

Test(text, shows_what_a_terminal_would_obey_as_bytes) {
        assert_safe("a\nb\tc", "a\\x0Ab\\x09c");
        assert_safe("\033[2J\x7f", "\\x1B[2J\\x7F");
        assert_safe("\xc2\x9b"
                    "31m",
                    "\\xC2\\x9B31m");
        assert_safe("a\xe2\x80\xae"
                    "b\xe2\x81\xa6"
                    "c\xe2\x80\x8b"
                    "d",
                    "a\\xE2\\x80\\xAEb\\xE2\\x81\\xA6c\\xE2\\x80\\x8Bd");
}

Test(text, shows_what_is_no_character_as_bytes) {
        assert_safe("\xff", "\\xFF");
        assert_safe("a\xc3", "a\\xC3");
        assert_safe("\xed\xa0\x80\xc3\xa9", "\\xED\\xA0\\x80é");
}

Test(text, knows_no_letters_beyond_ascii_in_the_c_locale) {
        setlocale(LC_CTYPE, "C");
        assert_safe("é", "\\xC3\\xA9");
}

Test(text, joins_lines) {
        static const struct {
                const char *text, *line;
        } cases[] = { { "", "" }, { "a", "a" }, { "a\n", "a" }, { "a\n\n\033b", "a / \\x1Bb" } };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                cleanup(cleanup_free) char *line = text_line(cases[i].text);
                cr_assert_str_eq(line, cases[i].line);
        }
}

Test(text, ends_the_program_without_memory, .exit_code = EXIT_FAILURE) {
        out_of_memory();
}

Test(text, is_coloured_on_request_alone) {
        cr_assert_str_eq(text_begin(false, EMPHASIS_BAD), "");
        cr_assert_str_eq(text_end(false, EMPHASIS_BAD), "");
        cr_assert_str_eq(text_end(true, EMPHASIS_NONE), "");
        cr_assert_str_eq(text_begin(true, EMPHASIS_BAD), "\033[1;31m");
        cr_assert_str_eq(text_end(true, EMPHASIS_BAD), "\033[0m");
}

Test(text, suggests_the_word_that_was_meant) {
        static const char *const words[] = { "json", "quiet", NULL };
        cleanup(cleanup_free) char *suggestion = text_suggestion("jsno=short", 4, "--", words);
        cleanup(cleanup_free) char *none = text_suggestion("follow", 6, "--", words);

        cr_assert_str_eq(suggestion, "; did you mean \"--json\"?");
        cr_assert_str_eq(none, "");
}

Test(text, writes_a_time_in_local_time) {
        setenv("TZ", "Europe/Vienna", 1);
        tzset();
        cleanup(cleanup_free) char *text = text_time(INT64_C(1795255230500000)); /* 10:00:30.5 UTC */
        cr_assert_str_eq(text, "2026-11-21 11:00:30");
}
