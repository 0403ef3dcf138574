/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <json.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "protocol/json/json_writer.h"

Test(json_writer, writes_objects_arrays_and_members_with_their_commas) {
        char buffer[256];
        struct json_writer w = JSON_WRITER(buffer, sizeof(buffer));

        json_object_begin(&w, NULL);
        json_string(&w, "a", "x");
        json_string_maybe(&w, "absent", NULL);
        json_string_maybe(&w, "absent", "");
        json_integer(&w, "b", -5);
        json_array_begin(&w, "c");
        json_boolean(&w, NULL, true);
        json_object_begin(&w, NULL);
        json_object_end(&w);
        json_integer(&w, NULL, 7);
        json_array_end(&w);
        json_boolean(&w, "d", false);
        json_object_end(&w);
        cr_expect_eq(json_finish(&w), strlen(buffer) + 1, "the NUL counts");
        cr_expect_str_eq(buffer, "{\"a\":\"x\",\"b\":-5,\"c\":[true,{},7],\"d\":false}");
}

Test(json_writer, writes_words_as_strings) {
        char buffer[64];
        struct json_writer w = JSON_WRITER(buffer, sizeof(buffer));

        json_array_begin(&w, NULL);
        json_word(&w, NULL, "");
        json_object_begin(&w, NULL);
        json_word(&w, "action", "ignore");
        json_word_n(&w, "application", "cron@daily", strlen("cron"));
        json_object_end(&w);
        json_array_end(&w);
        cr_assert_eq(json_finish(&w), strlen(buffer) + 1);
        cr_expect_str_eq(buffer, "[\"\",{\"action\":\"ignore\",\"application\":\"cron\"}]");
}

Test(json_writer, writes_every_integer) {
        static const int64_t values[] = { 0, 1, -1, 9, 10, INT64_MAX, INT64_MIN };

        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
                char buffer[32], expected[32];
                struct json_writer w = JSON_WRITER(buffer, sizeof(buffer));

                json_integer(&w, NULL, values[i]);
                cr_assert_gt(json_finish(&w), 0);
                snprintf(expected, sizeof(expected), "%lld", (long long)values[i]);
                cr_expect_str_eq(buffer, expected);
        }
}

/* Another parser reads back what went in, whatever it was. */
Test(json_writer, every_byte_survives_or_becomes_the_replacement_character) {
        for (int c = 1; c < 256; c++) {
                char buffer[64], value[] = { 'a', (char)c, 'b', '\0' };
                struct json_writer w = JSON_WRITER(buffer, sizeof(buffer));
                struct json_object *read;

                json_string(&w, NULL, value);
                cr_assert_gt(json_finish(&w), 0);
                for (const char *p = buffer; *p; p++)
                        cr_expect((unsigned char)*p >= 0x20 && *p != 0x7f, "byte %d", c);
                read = json_tokener_parse(buffer);
                cr_assert_not_null(read, "byte %d: %s", c, buffer);
                cr_expect_str_eq(json_object_get_string(read), c < 0x80 ? value
                                                                        : "a\xef\xbf\xbd"
                                                                          "b");
                json_object_put(read);
        }
}

Test(json_writer, utf8_stays_and_what_only_looks_like_it_does_not) {
        static const struct {
                const char *in, *out;
        } table[] = {
                { "\xc3\xa4", "\"\xc3\xa4\"" },
                { "\xc2\xa3", "\"\xc2\xa3\"" },
                { "\xe2\x82\xac", "\"\xe2\x82\xac\"" },
                { "\xe0\x9f\xbf", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },                 /* overlong */
                { "\xf0\x8f\xbf\xbf", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" }, /* overlong */
                { "\xf0\x9f\x94\x92", "\"\xf0\x9f\x94\x92\"" },
                { "\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },                                 /* overlong */
                { "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },                 /* a surrogate */
                { "\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" }, /* beyond U+10FFFF */
                { "\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },                                 /* cut off */
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                char buffer[64];
                struct json_writer w = JSON_WRITER(buffer, sizeof(buffer));

                json_string(&w, NULL, table[i].in);
                cr_assert_gt(json_finish(&w), 0);
                cr_expect_str_eq(buffer, table[i].out, "row %zu", i);
        }
}

static size_t write_one_of_each(char *memory, size_t size) {
        struct json_writer w = JSON_WRITER(memory, size);

        json_object_begin(&w, NULL);
        json_string(&w, "key", "va\nlue");
        json_string(&w, "plain", "value");
        json_word(&w, "word", "log");
        json_integer(&w, "number", -12);
        json_boolean(&w, "yes", true);
        json_array_begin(&w, "list");
        json_array_end(&w);
        json_object_end(&w);
        return json_finish(&w);
}

Test(json_writer, what_does_not_fit_is_no_message_and_no_byte_beyond_the_end_is_written) {
        char whole[128];
        size_t length = write_one_of_each(whole, sizeof(whole));

        cr_assert_gt(length, 0);
        for (size_t size = 0; size <= length; size++) {
                char part[128];

                memset(part, '#', sizeof(part));
                cr_expect_eq(write_one_of_each(part, size), size < length ? 0 : length, "%zu bytes", size);
                cr_expect_eq(part[size], '#');
        }
}
