/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/json/json_writer.h"

#include <string.h>

#include "protocol/json/plain.h"
#include "protocol/utf8.h"

/* Returns where LENGTH bytes more may be written, or NULL. */
static char *room(struct json_writer *w, size_t length) {
        if (w->overflow || length > w->size - w->length) {
                w->overflow = true;
                return NULL;
        }
        w->length += length;
        return w->data + w->length - length;
}

static void put(struct json_writer *w, const char *bytes, size_t length) {
        char *at = room(w, length);

        if (at)
                memcpy(at, bytes, length);
}

static void put_character(struct json_writer *w, char character) {
        char *at = room(w, 1);

        if (at)
                *at = character;
}

/* Escapes a control character (C0, C1 or DEL), which a terminal would obey. */
static void put_control(struct json_writer *w, unsigned char c) {
        static const char hex[] = "0123456789abcdef";

        put(w, (char[]){ '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] }, 6);
}

/* Writes the first character of TEXT, which is not plain. Returns the place behind it. */
static const char *put_special(struct json_writer *w, const char *text, const char *end) {
        unsigned char c = (unsigned char)text[0];
        size_t bytes = utf8_character(text, (size_t)(end - text));

        if (c == '"' || c == '\\')
                put(w, (char[]){ '\\', (char)c }, 2);
        else if (c < 0x20 || c == 0x7f)
                put_control(w, c);
        else if (bytes == 2 && c == 0xc2 && (unsigned char)text[1] < 0xa0)
                put_control(w, (unsigned char)text[1]);
        else if (bytes > 0)
                put(w, text, bytes);
        else
                put(w, "\xef\xbf\xbd", 3);
        return text + (bytes > 0 ? bytes : 1);
}

/* Not inlined: most strings are plain. */
__attribute__((noinline)) static void put_escaped(struct json_writer *w, const char *value, const char *end) {
        put_character(w, '"');
        while (value < end) {
                const char *special = skip_plain(value, end);

                put(w, value, (size_t)(special - value));
                value = special < end ? put_special(w, special, end) : end;
        }
        put_character(w, '"');
}

static void put_quoted(struct json_writer *w, const char *value, size_t length) {
        const char *end = value + length;

        if (skip_plain(value, end) < end) {
                put_escaped(w, value, end);
                return;
        }
        char *at = room(w, length + strlen("\"\""));
        if (!at)
                return;
        *at++ = '"';
        at = mempcpy(at, value, length);
        *at = '"';
}

/* Writes a comma, if a value comes before this one, and the key. */
static void begin_value(struct json_writer *w, const char *key) {
        size_t length = key ? strlen(key) : 0;
        char *at = room(w, (w->comma ? strlen(",") : 0) + (key ? length + strlen("\"\":") : 0));

        if (!at)
                return;
        if (w->comma)
                *at++ = ',';
        w->comma = true;
        if (key) {
                *at++ = '"';
                at = mempcpy(at, key, length);
                *at++ = '"';
                *at = ':';
        }
}

void json_begin_with(struct json_writer *w, const char *text) {
        put(w, text, strlen(text));
}

void json_object_begin(struct json_writer *w, const char *key) {
        begin_value(w, key);
        put_character(w, '{');
        w->comma = false;
}

void json_object_end(struct json_writer *w) {
        put_character(w, '}');
        w->comma = true;
}

void json_array_begin(struct json_writer *w, const char *key) {
        begin_value(w, key);
        put_character(w, '[');
        w->comma = false;
}

void json_array_end(struct json_writer *w) {
        put_character(w, ']');
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
        if (value && *value)
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
        put_character(w, '\0');
        return w->overflow ? 0 : w->length;
}
