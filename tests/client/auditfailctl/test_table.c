/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/output/table.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/cleanup.h"

static void utf8(void) {
        cr_assert(setlocale(LC_CTYPE, "C.UTF-8"));
}

TestSuite(text, .init = utf8);
TestSuite(table, .init = utf8);

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

Test(text, counts_columns_not_bytes) {
        cr_assert_eq(text_width("passwd"), 6);
        cr_assert_eq(text_width("Grüße"), 5);
        cr_assert_eq(text_width("監査"), 4);
}

static void assert_cut(const char *text, size_t columns, const char *expected) {
        cleanup(cleanup_free) char *cut = text_cut(text, columns);
        cr_assert_str_eq(cut, expected);
}

Test(text, cuts_off_between_characters) {
        assert_cut("passwd", 6, "passwd");
        assert_cut("passwd", 5, "pass…");
        assert_cut("監査監査", 5, "監査…");
        assert_cut("監査監査", 4, "監…");
        assert_cut("passwd", 1, "…");
        assert_cut("passwd", 0, "");
}

Test(text, is_coloured_on_request_alone) {
        cr_assert_str_eq(text_begin(false, EMPHASIS_BAD), "");
        cr_assert_str_eq(text_end(false, EMPHASIS_BAD), "");
        cr_assert_str_eq(text_end(true, EMPHASIS_NONE), "");
        cr_assert_str_eq(text_begin(true, EMPHASIS_BAD), "\033[1;31m");
        cr_assert_str_eq(text_end(true, EMPHASIS_BAD), "\033[0m");
}

static const char *const headers[] = { "NAME", "ACTION", "FILE" };

static void assert_printed(const struct table *table, size_t width, bool colour, const char *expected) {
        cleanup(cleanup_free) char *text = NULL;
        size_t length;
        FILE *stream = open_memstream(&text, &length);
        table_print(table, stream, width, colour);
        fclose(stream);
        cr_assert_str_eq(text, expected, "got:\n%s", text);
}

static struct table *example(void) {
        struct table *table = table_new(headers, 3);
        table_add(table, "passwd", EMPHASIS_NONE);
        table_add(table, "log", EMPHASIS_NOTICE);
        table_add(table, "/etc/auditfail/passwd.conf", EMPHASIS_NONE);
        table_add(table, "監", EMPHASIS_NONE);
        table_add(table, "terminate", EMPHASIS_BAD);
        table_add(table, "/x\n", EMPHASIS_NONE);
        return table;
}

Test(table, aligns_what_it_holds) {
        cleanup(cleanup_table) struct table *table = example();
        assert_printed(table, 0, false,
                       "NAME    ACTION     FILE\n"
                       "passwd  log        /etc/auditfail/passwd.conf\n"
                       "監      terminate  /x\\x0A\n");
}

Test(table, takes_from_its_widest_column_where_room_is_short) {
        cleanup(cleanup_table) struct table *table = example();
        assert_printed(table, 30, false,
                       "NAME    ACTION     FILE\n"
                       "passwd  log        /etc/audit…\n"
                       "監      terminate  /x\\x0A\n");
}

Test(table, leaves_every_column_its_header) {
        cleanup(cleanup_table) struct table *table = example();
        assert_printed(table, 1, false,
                       "NAME  ACTION  FILE\n"
                       "pas…  log     /et…\n"
                       "監    termi…  /x\\…\n");
}

Test(table, colours_text_and_no_padding) {
        cleanup(cleanup_table) struct table *table = table_new(headers, 3);
        table_add(table, "a", EMPHASIS_NONE);
        table_add(table, "log", EMPHASIS_NOTICE);
        table_add(table, "b", EMPHASIS_NONE);
        assert_printed(table, 0, true,
                       "\033[1mNAME\033[0m  \033[1mACTION\033[0m  \033[1mFILE\033[0m\n"
                       "a     \033[33mlog\033[0m     b\n");
}

Test(table, holds_as_many_rows_as_it_is_given) {
        cleanup(cleanup_table) struct table *table = table_new(headers, 3);
        for (int i = 0; i < 3 * 10000; i++)
                table_add(table, "x", EMPHASIS_NONE);
        cleanup(cleanup_free) char *text = NULL;
        size_t length;
        FILE *stream = open_memstream(&text, &length);
        table_print(table, stream, 0, false);
        fclose(stream);
        cr_assert_eq(length, 10001 * strlen("NAME  ACTION  FILE\n") - 10000 * strlen("ILE"));
}
