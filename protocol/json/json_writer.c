/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/json/json_writer.h"

#include <string.h>

#include "protocol/utf8.h"

static void put(struct json_writer *w, const char *bytes, size_t length) {
        if (w->overflow || length > w->size - w->length) {
                w->overflow = true;
                return;
        }
        memcpy(w->data + w->length, bytes, length);
        w->length += length;
}

/* Whether C is one byte that needs no escape in a string. */
static bool plain(char c) {
        return (unsigned char)c >= 0x20 && (unsigned char)c < 0x7f && c != '"' && c != '\\';
}

/* The same for eight characters at once. The highest bit of a byte says that the byte is not plain. */
static bool plain_word(const char *characters) {
        const uint64_t ones = 0x0101010101010101, highest = 0x8080808080808080;
        uint64_t word;

        memcpy(&word, characters, sizeof(word));
        return !((word | (word - ones * ' ') | (word + ones) | ((word ^ ones * '"') - ones) |
                  ((word ^ ones * '\\') - ones)) &
                 highest);
}

/* Escapes a control character (C0, C1 or DEL), which a terminal would obey. */
static void put_control(struct json_writer *w, unsigned char c) {
        static const char hex[] = "0123456789abcdef";

        put(w, (char[]){ '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] }, 6);
}

static void put_quoted(struct json_writer *w, const char *value, size_t length) {
        put(w, "\"", 1);
        while (length > 0) {
                size_t run = 0, bytes = 1;

                while (length - run >= 8 && plain_word(value + run))
                        run += 8;
                while (run < length && plain(value[run]))
                        run++;
                put(w, value, run);
                value += run;
                length -= run;
                if (length == 0)
                        break;

                unsigned char c = (unsigned char)value[0];
                if (c == '"' || c == '\\')
                        put(w, (char[]){ '\\', (char)c }, 2);
                else if (c < 0x20 || c == 0x7f)
                        put_control(w, c);
                else if ((bytes = utf8_character(value, length)) == 2 && c == 0xc2 && (unsigned char)value[1] < 0xa0)
                        put_control(w, (unsigned char)value[1]);
                else if (bytes > 0)
                        put(w, value, bytes);
                else {
                        put(w, "\xef\xbf\xbd", 3);
                        bytes = 1;
                }
                value += bytes;
                length -= bytes;
        }
        put(w, "\"", 1);
}

/* Writes a comma, if a value comes before this one, and the key. */
static void begin_value(struct json_writer *w, const char *key) {
        if (w->comma)
                put(w, ",", 1);
        w->comma = true;
        if (key) {
                put(w, "\"", 1);
                put(w, key, strlen(key));
                put(w, "\":", 2);
        }
}

void json_object_begin(struct json_writer *w, const char *key) {
        begin_value(w, key);
        put(w, "{", 1);
        w->comma = false;
}

void json_object_end(struct json_writer *w) {
        put(w, "}", 1);
        w->comma = true;
}

void json_array_begin(struct json_writer *w, const char *key) {
        begin_value(w, key);
        put(w, "[", 1);
        w->comma = false;
}

void json_array_end(struct json_writer *w) {
        put(w, "]", 1);
        w->comma = true;
}

void json_string_n(struct json_writer *w, const char *key, const char *value, size_t length) {
        begin_value(w, key);
        put_quoted(w, value, length);
}

void json_string(struct json_writer *w, const char *key, const char *value) {
        json_string_n(w, key, value, strlen(value));
}

void json_string_maybe(struct json_writer *w, const char *key, const char *value) {
        if (value)
                json_string(w, key, value);
}

/* Not snprintf(), which is not async-signal-safe in POSIX. */
void json_integer(struct json_writer *w, const char *key, int64_t value) {
        char digits[20];
        size_t at = sizeof(digits);
        uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

        begin_value(w, key);
        do
                digits[--at] = (char)('0' + rest % 10);
        while (rest /= 10);
        if (value < 0)
                digits[--at] = '-';
        put(w, digits + at, sizeof(digits) - at);
}

void json_boolean(struct json_writer *w, const char *key, bool value) {
        begin_value(w, key);
        if (value)
                put(w, "true", 4);
        else
                put(w, "false", 5);
}

size_t json_finish(struct json_writer *w) {
        put(w, "", 1);
        return w->overflow ? 0 : w->length;
}
