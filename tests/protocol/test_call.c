/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "protocol/varlink/call.h"

static char strings[FRAME_MAX];

static struct call parse(const char *frame) {
        struct call call = { 0 };

        cr_assert_eq(call_parse(frame, strlen(frame), NULL, strings, &call), 0, "%s", frame);
        return call;
}

Test(call, has_a_method_flags_and_parameters) {
        struct call call = parse("{\"method\":\"a.B\",\"more\":true,\"parameters\":{\"s\":\"x\"}}");
        const char *s;

        cr_expect_null(call.invalid);
        cr_expect_str_eq(call.method, "a.B");
        cr_expect(call.more);
        cr_expect_not(call.oneway);
        cr_expect_eq(call_string(&call, "s", true, 10, &s), 0);
        cr_expect_str_eq(s, "x");
}

Test(call, absent_null_and_empty_parameters_are_the_same) {
        static const char *const frames[] = {
                "{\"method\":\"a.B\"}",
                "{\"method\":\"a.B\",\"parameters\":null}",
                "{\"method\":\"a.B\",\"parameters\":{}}",
                "{\"method\":\"a.B\",\"parameters\":{\"s\":null,\"i\":null}}",
        };

        for (size_t f = 0; f < sizeof(frames) / sizeof(frames[0]); f++) {
                struct call call = parse(frames[f]);
                const char *s = "untouched";
                bool present = true;
                int64_t i;

                cr_expect_null(call.invalid);
                cr_expect_eq(call_string(&call, "s", false, 10, &s), 0);
                cr_expect_null(s);
                cr_expect_eq(call_integer_in(&call, "i", json_member(call.parameters, "i"), 1, 5, &i, &present), 0);
                cr_expect_not(present);
                cr_expect_eq(call_string(&call, "s", true, 10, &s), -EINVAL);
                cr_expect_str_eq(call.invalid, "s");
        }
}

Test(call, what_is_no_object_is_no_call) {
        static const char *const frames[] = {
                "",
                " ",
                "nonsense",
                "[]",
                "1",
                "\"x\"",
                "null",
                "{",
                "{}}",
                "{} {}",
                "{\"a\":NaN}",
                "{\"a\":Infinity}",
                "{\"a\":-Infinity}",
                "{'a':1}",
                "{\"a\":1,}",
                "{/**/}",
                "{\"a\":tRUE}",
                "{\"a\":01}",
                "{\"a\":\"\x01\"}",
                "{\"a\":\"\xff\"}",
                "{\"a\":\"\xc0\x80\"}",
                "{\"a\"}",
                "{a:1}",
                "{\"a\":1.}",
                "{\"a\":.5}",
                "{\"a\":+1}",
                "{\"a\":-}",
                "{\"a\":1e}",
                "{\"a\":\"\\ud800\"}",
                "{\"a\":\"\\x\"}",
        };
        struct call call;

        for (size_t f = 0; f < sizeof(frames) / sizeof(frames[0]); f++)
                cr_expect_eq(call_parse(frames[f], strlen(frames[f]), NULL, strings, &call), -EBADMSG, "%s", frames[f]);
}

Test(call, letters_that_only_strings_may_have_do_no_harm_in_strings) {
        struct call call = parse("{\"method\":\"NaN's \\\"Infinity\\\"\"}");

        cr_expect_str_eq(call.method, "NaN's \"Infinity\"");
}

Test(call, names_the_part_of_the_envelope_that_is_wrong) {
        static const struct {
                const char *frame, *invalid;
        } table[] = {
                { "{}", "method" },
                { "{\"method\":1}", "method" },
                { "{\"method\":\"a\\u0000b\"}", "method" },
                { "{\"method\":\"a.B\",\"more\":1}", "more" },
                { "{\"method\":\"a.B\",\"oneway\":\"yes\"}", "oneway" },
                { "{\"method\":\"a.B\",\"parameters\":[]}", "parameters" },
                { "{\"method\":\"a.B\",\"upgrade\":true}", "upgrade" },
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                struct call call = parse(table[i].frame);

                cr_assert_not_null(call.invalid, "%s", table[i].frame);
                cr_expect_str_eq(call.invalid, table[i].invalid);
        }
}

Test(call, integers_are_integers_within_their_range) {
        static const struct {
                const char *value;
                int result;
        } table[] = {
                { "1", 0 },
                { "4095", 0 },
                { "0", -EINVAL },
                { "4096", -EINVAL },
                { "-1", -EINVAL },
                { "1.0", -EINVAL },
                { "1e400", -EINVAL },
                { "true", -EINVAL },
                { "\"1\"", -EINVAL },
                { "9223372036854775808", -EINVAL },
                { "18446744073709551617", -EINVAL },
                { "-9223372036854775809", -EINVAL },
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                char frame[128];
                struct call call;
                int64_t value;
                bool present;

                snprintf(frame, sizeof(frame), "{\"method\":\"a.B\",\"parameters\":{\"i\":%s}}", table[i].value);
                call = parse(frame);
                cr_expect_eq(call_integer_in(&call, "i", json_member(call.parameters, "i"), 1, 4095, &value, &present),
                             table[i].result, "%s", frame);
        }
}

Test(call, booleans_are_booleans_and_absent_ones_false) {
        static const struct {
                const char *value;
                int result;
                bool is_true;
        } table[] = {
                { "true", 0, true },          { "false", 0, false },    { "null", 0, false },
                { "1", -EINVAL, false },      { "0", -EINVAL, false },  { "\"true\"", -EINVAL, false },
                { "[true]", -EINVAL, false }, { "{}", -EINVAL, false },
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                char frame[128];
                struct call call;
                bool value = !table[i].is_true, absent = true;

                snprintf(frame, sizeof(frame), "{\"method\":\"a.B\",\"parameters\":{\"b\":%s}}", table[i].value);
                call = parse(frame);
                cr_expect_eq(call_boolean(&call, "b", &value), table[i].result, "%s", frame);
                cr_expect_eq(value, table[i].is_true, "%s", frame);
                if (table[i].result < 0)
                        cr_expect_str_eq(call.invalid, "b");
                cr_expect_eq(call_boolean(&call, "absent", &absent), 0);
                cr_expect_not(absent);
        }
}

Test(call, strings_have_no_nul_and_a_greatest_length) {
        struct call call = parse("{\"method\":\"a.B\",\"parameters\":{\"nul\":\"a\\u0000b\",\"five\":\"12345\"}}");
        const char *s;

        cr_expect_eq(call_string(&call, "nul", false, 10, &s), -EINVAL);
        cr_expect_eq(call_string(&call, "five", false, 4, &s), -EINVAL);
        cr_expect_eq(call_string(&call, "five", false, 5, &s), 0);
}

Test(call, the_last_of_duplicate_members_counts) {
        struct call call = parse("{\"method\":\"a.A\",\"method\":\"a.B\"}");

        cr_expect_str_eq(call.method, "a.B");
}

Test(call, nesting_has_an_end) {
        char frame[4096] = "{\"method\":\"a.B\",\"parameters\":{\"deep\":";
        struct call call;

        for (int i = 0; i < 1000; i++)
                strcat(frame, "[");
        cr_expect_eq(call_parse(frame, strlen(frame), NULL, strings, &call), -EBADMSG);
}
