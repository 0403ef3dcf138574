/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/json/json_reader.h"

static struct json_value read(const char *text) {
        struct json_value value = { 0 };

        cr_assert(json_read(text, strlen(text), 32, &value), "%s", text);
        return value;
}

static const char *string(struct json_value value) {
        static char buffer[128];

        cr_assert(json_get_string(value, buffer, sizeof(buffer), NULL));
        return buffer;
}

Test(json_reader, finds_members_of_every_type_whatever_stands_around_them) {
        struct json_value object = read(" { \"s\" : \"x\" , \"o\":{\"s\":\"inner }\\\" \",\"a\":[{},[],\"]\"]},\n"
                                        "\"n\":-12,\"t\":true\t,\"f\":false,\"z\":null,\"last\":1} ");
        bool b;
        int64_t i;

        cr_expect_str_eq(string(json_member(object, "s")), "x");
        cr_expect_str_eq(string(json_member(json_member(object, "o"), "s")), "inner }\" ");
        cr_expect(json_get_integer(json_member(object, "n"), &i) && i == -12);
        cr_expect(json_get_boolean(json_member(object, "t"), &b) && b);
        cr_expect(json_get_boolean(json_member(object, "f"), &b) && !b);
        cr_expect(json_get_integer(json_member(object, "last"), &i) && i == 1);
        cr_expect(json_absent(json_member(object, "z")), "null is absent");
        cr_expect(json_absent(json_member(object, "a")), "a member of a member does not count");
        cr_expect(json_absent(json_member(read("[1]"), "s")));
        cr_expect(json_absent(json_member(read("{}"), "s")));
}

Test(json_reader, the_last_of_duplicates_counts_and_keys_may_be_escaped) {
        struct json_value object = read("{\"a\":1,\"\\u0061\":2,\"aa\":3}");
        int64_t i;

        cr_expect(json_get_integer(json_member(object, "a"), &i) && i == 2);
}

Test(json_reader, members_and_those_of_one_member_come_with_the_check) {
        static const struct json_name names[] = { JSON_NAME("o"), JSON_NAME("b") };
        static const struct json_name inner_names[] = { JSON_NAME("x"), JSON_NAME("y") };
        static const struct {
                const char *text;
                const char *b, *x, *y; /* NULL: absent */
        } cases[] = {
                { "{\"b\":1,\"o\":{\"y\":2,\"z\":{\"x\":9}},\"c\":{\"x\":8}}", "1", NULL, "2" },
                { "{\"o\":{\"x\":1},\"\\u006f\":{\"\\u0079\":2}}", NULL, NULL, "2" },
                { "{\"o\":{\"x\":1},\"o\":null,\"b\":2,\"b\":3}", "3", NULL, NULL },
                { "{\"o\":[{\"x\":1}],\"o \":{\"x\":1}}", NULL, NULL, NULL },
                { "{\"x\":1,\"o\":{\"b\":1,\"o\":{\"y\":1}}}", NULL, NULL, NULL },
                { "{}", NULL, NULL, NULL },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct json_value values[2], inner_values[2];
                const struct json_wanted inner = { 2, inner_names, inner_values, NULL };
                const struct json_wanted wanted = { 2, names, values, &inner };
                const struct json_value *found[] = { &values[1], &inner_values[0], &inner_values[1] };
                const char *expected[] = { cases[i].b, cases[i].x, cases[i].y };

                cr_assert(json_read_members(cases[i].text, strlen(cases[i].text), 32, &wanted));
                for (size_t j = 0; j < 3; j++)
                        cr_expect(expected[j] ? found[j]->length == 1 && *found[j]->text == *expected[j]
                                              : !found[j]->text,
                                  "%s: %zu", cases[i].text, j);

                char *cut = strndup(cases[i].text, strlen(cases[i].text) - 1);
                cr_expect_not(json_read_members(cut, strlen(cut), 32, &wanted));
                free(cut);
        }
        const struct json_wanted nothing = { 0, NULL, NULL, NULL };
        cr_expect_not(json_read_members("[]", 2, 32, &nothing));
        cr_expect_not(json_read_members("{}{}", 4, 32, &nothing));
}

Test(json_reader, is_as_strict_as_the_standard) {
        static const char *const bad[] = {
                "",
                " ",
                "{",
                "}",
                "{}}",
                "{} x",
                "[1,]",
                "[1 2]",
                "{\"a\":1,}",
                "{\"a\"}",
                "{a:1}",
                "{'a':1}",
                "nul",
                "True",
                "01",
                "+1",
                "-",
                "1.",
                ".5",
                "1e",
                "1e+",
                "0x1",
                "NaN",
                "Infinity",
                "-Infinity",
                "\"",
                "\"\\\"",
                "\"\\x\"",
                "\"\\u12\"",
                "\"\\ud800\"",
                "\"\\udc00\"",
                "\"\\ud800\\u0041\"",
                "\"\\ud800\\n\"",
                "\"\\ud800\\udc0\"",
                "\"\\ud800\\ue000\"",
                "\"\\u12",
                "\"\t\"",
                "\"\n\"",
                "\"\xff\"",
                "\"\xc0\x80\"",
                "\"\xed\xa0\x80\"",
                "/**/1",
                "1 //",
                "\xef\xbb\xbf{}",
        };
        static const char *const good[] = {
                "0",
                "-0",
                "10.25e-3",
                "1E+2",
                "\"\\ud83d\\udd12\"",
                "\"\xf0\x9f\x94\x92\"",
                "[[],[[]],{\"\":[]}]",
                "\r\n\t null ",
                "\"\x7f\"",
                "\"\\/\\b\\f\\n\\r\\t\\\\\\\"\"",
        };
        struct json_value value;

        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                cr_expect_not(json_read(bad[i], strlen(bad[i]), 32, &value), "%s", bad[i]);
        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
                cr_expect(json_read(good[i], strlen(good[i]), 32, &value), "%s", good[i]);
        cr_expect_not(json_read("1\0", 2, 32, &value), "a NUL is no white space");
}

Test(json_reader, counts_the_depth) {
        struct json_value value;

        cr_expect(json_read("[[{}]]", 6, 3, &value));
        cr_expect_not(json_read("[[{}]]", 6, 2, &value));
        cr_expect(json_read("1", 1, 0, &value));
}

Test(json_reader, strings_come_out_as_they_were_meant) {
        cr_expect_str_eq(string(read("\"\\u00e4\\u20ac\\ud83d\\udd12\\n\"")), "\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x92\n");
        cr_expect_str_eq(string(read("\"\"")), "");
}

Test(json_reader, a_string_that_does_not_fit_or_has_a_nul_is_refused) {
        char buffer[4];
        size_t length;

        cr_expect(json_get_string(read("\"abc\""), buffer, sizeof(buffer), &length));
        cr_expect_eq(length, 3);
        cr_expect_not(json_get_string(read("\"abcd\""), buffer, sizeof(buffer), NULL));
        cr_expect_not(json_get_string(read("\"ab\\u20ac\""), buffer, sizeof(buffer), NULL));
        cr_expect_not(json_get_string(read("\"a\\u0000\""), buffer, sizeof(buffer), NULL));
        cr_expect_not(json_get_string(read("1"), buffer, sizeof(buffer), NULL));
        cr_expect_not(json_get_string((struct json_value){ 0 }, buffer, sizeof(buffer), NULL));
}

Test(json_reader, integers_have_their_whole_range_and_nothing_beyond) {
        static const struct {
                const char *text;
                bool ok;
                int64_t value;
        } table[] = {
                { "9223372036854775807", true, INT64_MAX },
                { "-9223372036854775808", true, INT64_MIN },
                { "9223372036854775808", false, 0 },
                { "-9223372036854775809", false, 0 },
                { "99999999999999999999999", false, 0 },
                { "0", true, 0 },
                { "-0", true, 0 },
                { "1.0", false, 0 },
                { "1e2", false, 0 },
                { "true", false, 0 },
                { "\"1\"", false, 0 },
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                int64_t value = 0;

                cr_expect_eq(json_get_integer(read(table[i].text), &value), table[i].ok, "%s", table[i].text);
                if (table[i].ok)
                        cr_expect_eq(value, table[i].value, "%s", table[i].text);
        }
}
