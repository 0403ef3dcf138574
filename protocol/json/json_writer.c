/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/json/json_writer.h"

#include <string.h>

#include "protocol/json/plain.h"
#include "protocol/utf8.h"

/* Returns where LENGTH bytes more may be written. If they do not fit, returns NULL, and nothing more fits. */
static char *room(struct json_writer *w, size_t length) {
        if (length > w->size - w->length) {
                w->size = w->length;
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

/*
 * Writes a comma, if a value comes before this one, and the key. Returns where the value's LENGTH bytes must be
 * written; NULL if all that does not fit.
 */
static inline char *begin_value(struct json_writer *w, const char *key, size_t key_length, size_t length) {
        char *at = room(w, w->comma + (key ? key_length + strlen("\"\":") : 0) + length);

        if (!at)
                return NULL;
        if (w->comma)
                *at++ = ',';
        w->comma = true;
        if (key) {
                *at++ = '"';
                at = mempcpy(at, key, key_length);
                *at++ = '"';
                *at++ = ':';
        }
        return at;
}

static void begin_values(struct json_writer *w, const char *key, char bracket) {
        char *at = begin_value(w, key, key ? strlen(key) : 0, 1);

        if (at)
                *at = bracket;
        w->comma = false;
}

void json_begin_with(struct json_writer *w, const char *text) {
        put(w, text, strlen(text));
}

void json_object_begin(struct json_writer *w, const char *key) {
        begin_values(w, key, '{');
}

void json_object_end(struct json_writer *w) {
        put_character(w, '}');
        w->comma = true;
}

void json_array_begin(struct json_writer *w, const char *key) {
        begin_values(w, key, '[');
}

void json_array_end(struct json_writer *w) {
        put_character(w, ']');
        w->comma = true;
}

void json_add_plain(struct json_writer *w, const char *key, size_t key_length, const char *value, size_t length) {
        char *at = begin_value(w, key, key_length, length + strlen("\"\""));

        if (!at)
                return;
        *at++ = '"';
        at = mempcpy(at, value, length);
        *at = '"';
}

void json_add_string(struct json_writer *w, const char *key, size_t key_length, const char *value, size_t length) {
        const char *end = value + length;

        if (skip_plain(value, end) == end) {
                json_add_plain(w, key, key_length, value, length);
                return;
        }
        begin_value(w, key, key_length, 0);
        put_escaped(w, value, end);
}

static size_t count_digits(uint64_t number) {
        size_t count = 1;

        while (number /= 10)
                count++;
        return count;
}

/* Not snprintf(), which is not async-signal-safe in POSIX. */
void json_add_integer(struct json_writer *w, const char *key, size_t key_length, int64_t value) {
        uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
        size_t length = count_digits(rest) + (value < 0 ? strlen("-") : 0);
        char *at = begin_value(w, key, key_length, length);

        if (!at)
                return;
        if (value < 0)
                *at = '-';
        at += length;
        do
                *--at = (char)('0' + rest % 10);
        while (rest /= 10);
}

void json_boolean(struct json_writer *w, const char *key, bool value) {
        const char *word = value ? "true" : "false";
        char *at = begin_value(w, key, key ? strlen(key) : 0, strlen(word));

        if (at)
                memcpy(at, word, strlen(word));
}

size_t json_finish(struct json_writer *w) {
        char *at = room(w, 1);

        if (!at)
                return 0;
        *at = '\0';
        return w->length;
}
