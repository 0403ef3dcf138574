/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/json/json_reader.h"

#include <limits.h>
#include <string.h>

#include "protocol/json/plain.h"
#include "protocol/utf8.h"

/*
 * The functions below skip what they are named after. They start at AT, and return the place behind it; NULL if
 * something else is there. The NUL at END stops them all.
 */

static const char *skip_value(const char *at, const char *end, unsigned depth, const struct json_wanted *wanted);

static const char *skip_space(const char *at) {
        while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')
                at++;
        return at;
}

/* White space and EXPECTED. */
static const char *skip_token(const char *at, char expected) {
        at = skip_space(at);
        return *at == expected ? at + 1 : NULL;
}

static const char *skip_word(const char *at, const char *word) {
        size_t length = strlen(word);

        return strncmp(at, word, length) == 0 ? at + length : NULL;
}

static const char *skip_digits(const char *at) {
        const char *start = at;

        while (*at >= '0' && *at <= '9')
                at++;
        return at > start ? at : NULL;
}

static const char *skip_number(const char *at) {
        if (*at == '-')
                at++;
        at = *at == '0' ? at + 1 : skip_digits(at);
        if (at && *at == '.')
                at = skip_digits(at + 1);
        if (at && (*at == 'e' || *at == 'E')) {
                at++;
                at = skip_digits(*at == '+' || *at == '-' ? at + 1 : at);
        }
        return at;
}

static const char *read_hex(const char *at, uint32_t *ret) {
        static const char digits[] = "0123456789abcdefABCDEF";

        *ret = 0;
        for (int i = 0; i < 4; i++, at++) {
                const char *digit = memchr(digits, *at, sizeof(digits) - 1);

                if (!digit)
                        return NULL;
                *ret = *ret << 4 | (uint32_t)(digit - digits < 16 ? digit - digits : digit - digits - 6);
        }
        return at;
}

/* Reads what follows "\u". Characters beyond 16 bits are pairs of surrogates; a single one is invalid. */
static const char *read_code(const char *at, uint32_t *ret) {
        uint32_t low;

        at = read_hex(at, ret);
        if (!at || *ret < 0xd800 || *ret >= 0xe000)
                return at;
        if (*ret >= 0xdc00 || at[0] != '\\' || at[1] != 'u')
                return NULL;
        at = read_hex(at + 2, &low);
        if (!at || low < 0xdc00 || low >= 0xe000)
                return NULL;
        *ret = 0x10000 + ((*ret - 0xd800) << 10) + (low - 0xdc00);
        return at;
}

/* Reads an escape after its backslash. */
static const char *read_escape(const char *at, uint32_t *ret) {
        static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";

        if (*at == 'u')
                return read_code(at + 1, ret);
        for (size_t i = 0; i < sizeof(from) - 1; i++)
                if (*at == from[i]) {
                        *ret = (unsigned char)to[i];
                        return at + 1;
                }
        return NULL;
}

/* The rest of a string, from a character on that is not plain. Not inlined: most strings have none. */
__attribute__((noinline)) static const char *skip_special(const char *at, const char *end) {
        uint32_t code;

        for (; *at != '"'; at = skip_plain(at, end)) {
                if (*at == '\\')
                        at = read_escape(at + 1, &code);
                else {
                        size_t bytes = (unsigned char)*at < ' ' ? 0 : utf8_character(at, (size_t)(end - at));

                        at = bytes > 0 ? at + bytes : NULL;
                }
                if (!at)
                        return NULL;
        }
        return at + 1;
}

static inline const char *skip_string(const char *at, const char *end) {
        if (*at != '"')
                return NULL;
        at = skip_plain(at + 1, end);
        return *at == '"' ? at + 1 : skip_special(at, end);
}

/* The index of the quoted string KEY among the names of WANTED; their number if it is none of them. */
static size_t find_escaped(const struct json_wanted *wanted, struct json_value key) {
        char name[64];
        size_t i = 0;

        if (!json_get_string(key, name, sizeof(name), NULL))
                return wanted->count;
        while (i < wanted->count && strcmp(wanted->names[i].text, name) != 0)
                i++;
        return i;
}

/* A key. Sets *RET as find_escaped() does. Names need no escapes, but a client may use them. */
static const char *skip_key(const char *at, const char *end, const struct json_wanted *wanted, size_t *ret) {
        if (*at != '"')
                return NULL;
        for (size_t i = 0; i < wanted->count; i++) {
                size_t length = wanted->names[i].length;

                if (length >= (size_t)(end - at) - 1 || at[1 + length] != '"' ||
                    memcmp(at + 1, wanted->names[i].text, length) != 0)
                        continue;
                *ret = i;
                return at + length + strlen("\"\"");
        }
        *ret = wanted->count;

        const char *next = skip_plain(at + 1, end);
        if (*next == '"')
                return next + 1;
        next = skip_special(next, end);
        if (next)
                *ret = find_escaped(wanted, (struct json_value){ at, (size_t)(next - at) });
        return next;
}

static void clear_values(const struct json_wanted *wanted) {
        for (; wanted; wanted = wanted->inner)
                for (size_t i = 0; i < wanted->count; i++)
                        wanted->values[i] = (struct json_value){ 0 };
}

/* The members of an object after its brace. Sets the values of WANTED. Of a member that appears twice, the last counts.
 */
static const char *skip_members(const char *at, const char *end, unsigned depth, const struct json_wanted *wanted) {
        const char *next = skip_token(at, '}');

        if (next)
                return next;
        for (;;) {
                size_t i;

                at = skip_key(skip_space(at), end, wanted, &i);
                if (at)
                        at = skip_token(at, ':');
                if (!at)
                        return NULL;

                const char *value = skip_space(at);
                const struct json_wanted *inner = i == 0 ? wanted->inner : NULL;

                clear_values(inner); /* an object before this one may have the same key */
                at = skip_value(value, end, depth, inner);
                if (!at)
                        return NULL;
                if (i < wanted->count)
                        wanted->values[i] = (struct json_value){ value, (size_t)(at - value) };
                next = skip_token(at, ',');
                if (!next)
                        return skip_token(at, '}');
                at = next;
        }
}

/* The elements of an array after its bracket. Not inlined, so that skip_value() saves few registers. */
__attribute__((noinline)) static const char *skip_elements(const char *at, const char *end, unsigned depth) {
        const char *next = skip_token(at, ']');

        if (next)
                return next;
        for (;;) {
                at = skip_value(skip_space(at), end, depth, NULL);
                if (!at)
                        return NULL;
                next = skip_token(at, ',');
                if (!next)
                        return skip_token(at, ']');
                at = next;
        }
}

static const struct json_wanted nothing;

/*
 * DEPTH: the number of arrays and objects that may still open. WANTED: what to set if it is an object; NULL: nothing.
 */
static const char *skip_value(const char *at, const char *end, unsigned depth, const struct json_wanted *wanted) {
        switch (*at) {
        case '{':
                return depth > 0 ? skip_members(at + 1, end, depth - 1, wanted ?: &nothing) : NULL;
        case '[':
                return depth > 0 ? skip_elements(at + 1, end, depth - 1) : NULL;
        case '"':
                return skip_string(at, end);
        case 't':
                return skip_word(at, "true");
        case 'f':
                return skip_word(at, "false");
        case 'n':
                return skip_word(at, "null");
        default:
                return skip_number(at);
        }
}

static bool read_text(const char *text, size_t length, unsigned depth, const struct json_wanted *wanted,
                      struct json_value *ret) {
        const char *end = text + length, *at;

        clear_values(wanted);
        ret->text = skip_space(text);
        at = skip_value(ret->text, end, depth, wanted);
        if (!at)
                return false;
        ret->length = (size_t)(at - ret->text);
        return skip_space(at) == end;
}

bool json_read(const char *text, size_t length, unsigned depth, struct json_value *ret) {
        return read_text(text, length, depth, NULL, ret);
}

bool json_read_members(const char *text, size_t length, unsigned depth, const struct json_wanted *wanted) {
        struct json_value value;

        return read_text(text, length, depth, wanted, &value) && json_is_object(value);
}

/* The functions below read valid JSON: one of the two functions above has checked it. */

static size_t put_utf8(uint32_t code, char ret[static 4]) {
        static const unsigned char lead[] = { 0, 0xc0, 0xe0, 0xf0 };
        size_t more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;

        ret[0] = (char)(lead[more] | code >> 6 * more);
        for (size_t i = 1; i <= more; i++)
                ret[i] = (char)(0x80 | (code >> 6 * (more - i) & 0x3f));
        return more + 1;
}

static bool unescape(const char *at, char *buffer, size_t size, size_t *ret_length) {
        size_t length = 0;

        while (*at != '"') {
                const char *start = at;
                char character[4];
                size_t count;
                uint32_t code;

                while (*at != '"' && *at != '\\')
                        at++;
                count = (size_t)(at - start);
                if (count == 0) {
                        at = read_escape(at + 1, &code);
                        if (!at || code == 0)
                                return false;
                        count = put_utf8(code, character);
                        start = character;
                }
                if (count >= size - length)
                        return false;
                memcpy(buffer + length, start, count);
                length += count;
        }
        *ret_length = length;
        return true;
}

bool json_get_string(struct json_value value, char *buffer, size_t size, size_t *ret_length) {
        if (!value.text || *value.text != '"')
                return false;

        const char *text = value.text + 1;
        size_t length = value.length - strlen("\"\"");
        if (memchr(text, '\\', length)) {
                if (!unescape(text, buffer, size, &length))
                        return false;
        } else {
                if (length >= size)
                        return false;
                memcpy(buffer, text, length);
        }
        buffer[length] = '\0';
        if (ret_length)
                *ret_length = length;
        return true;
}

void json_members(struct json_value object, size_t count, const struct json_name *names, struct json_value *values) {
        const struct json_wanted wanted = { .count = count, .names = names, .values = values };

        clear_values(&wanted);
        if (json_is_object(object))
                skip_members(object.text + 1, object.text + object.length, UINT_MAX, &wanted);
}

struct json_value json_member(struct json_value object, const char *name) {
        const struct json_name wanted = { name, strlen(name) };
        struct json_value value;

        json_members(object, 1, &wanted, &value);
        return value;
}

bool json_get_integer(struct json_value value, int64_t *ret) {
        *ret = 0;
        if (json_absent(value))
                return false;

        bool negative = *value.text == '-';
        for (size_t i = negative; i < value.length; i++)
                if (value.text[i] < '0' || value.text[i] > '9' || __builtin_mul_overflow(*ret, 10, ret) ||
                    __builtin_sub_overflow(*ret, value.text[i] - '0', ret))
                        return false;
        /* Computed as a negative number, because the range below zero is larger by one. */
        return negative || !__builtin_mul_overflow(*ret, -1, ret);
}

bool json_get_boolean(struct json_value value, bool *ret) {
        if (!value.text || (*value.text != 't' && *value.text != 'f'))
                return false;
        *ret = *value.text == 't';
        return true;
}
