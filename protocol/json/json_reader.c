/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/json/json_reader.h"

#include <string.h>

#include "protocol/utf8.h"

struct cursor {
        const char *at, *end;
};

static bool skip_value(struct cursor *c, unsigned depth);

static bool next_is(struct cursor *c, char expected) {
        if (c->at == c->end || *c->at != expected)
                return false;
        c->at++;
        return true;
}

static void skip_space(struct cursor *c) {
        while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r'))
                c->at++;
}

/* The same, with white space before it. */
static bool next_token_is(struct cursor *c, char expected) {
        skip_space(c);
        return next_is(c, expected);
}

static bool skip_word(struct cursor *c, const char *word) {
        size_t length = strlen(word);

        if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length) != 0)
                return false;
        c->at += length;
        return true;
}

static bool skip_digits(struct cursor *c) {
        const char *start = c->at;

        while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
                c->at++;
        return c->at > start;
}

static bool skip_number(struct cursor *c) {
        next_is(c, '-');
        if (!next_is(c, '0') && !skip_digits(c))
                return false;
        if (next_is(c, '.') && !skip_digits(c))
                return false;
        if (next_is(c, 'e') || next_is(c, 'E')) {
                if (!next_is(c, '+'))
                        next_is(c, '-');
                return skip_digits(c);
        }
        return true;
}

static bool read_hex(struct cursor *c, uint32_t *ret) {
        static const char digits[] = "0123456789abcdefABCDEF";

        *ret = 0;
        for (int i = 0; i < 4; i++, c->at++) {
                const char *digit = c->at < c->end ? memchr(digits, *c->at, sizeof(digits) - 1) : NULL;

                if (!digit)
                        return false;
                *ret = *ret << 4 | (uint32_t)(digit - digits < 16 ? digit - digits : digit - digits - 6);
        }
        return true;
}

/* Reads an escape after its backslash. Characters beyond 16 bits are pairs of surrogates; a single one is invalid. */
static bool read_escape(struct cursor *c, uint32_t *ret) {
        static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
        uint32_t low;

        if (next_is(c, 'u')) {
                if (!read_hex(c, ret) || (*ret >= 0xdc00 && *ret < 0xe000))
                        return false;
                if (*ret < 0xd800 || *ret >= 0xe000)
                        return true;
                if (!next_is(c, '\\') || !next_is(c, 'u') || !read_hex(c, &low) || low < 0xdc00 || low >= 0xe000)
                        return false;
                *ret = 0x10000 + ((*ret - 0xd800) << 10) + (low - 0xdc00);
                return true;
        }
        for (size_t i = 0; i < sizeof(from) - 1; i++)
                if (next_is(c, from[i])) {
                        *ret = (unsigned char)to[i];
                        return true;
                }
        return false;
}

/* Whether CHARACTER is one byte that needs no escape in a string. */
static bool plain(char character) {
        return (unsigned char)character >= 0x20 && (unsigned char)character < 0x80 && character != '"' &&
               character != '\\';
}

/* The same for eight characters at once. The highest bit of a byte says that the byte is not plain. */
static bool plain_word(const char *characters) {
        const uint64_t ones = 0x0101010101010101, highest = 0x8080808080808080;
        uint64_t word;

        memcpy(&word, characters, sizeof(word));
        return !((word | (word - ones * ' ') | ((word ^ ones * '"') - ones) | ((word ^ ones * '\\') - ones)) & highest);
}

/* Skips characters up to an escape or the end of the string. Returns false at an invalid character. */
static bool skip_run(struct cursor *c) {
        for (;;) {
                size_t bytes;

                while (c->end - c->at >= 8 && plain_word(c->at))
                        c->at += 8;
                while (c->at < c->end && plain(*c->at))
                        c->at++;
                if (c->at == c->end)
                        return false;
                if (*c->at == '"' || *c->at == '\\')
                        return true;
                bytes = (unsigned char)*c->at < 0x80 ? 0 : utf8_character(c->at, (size_t)(c->end - c->at));
                if (bytes == 0)
                        return false;
                c->at += bytes;
        }
}

static bool skip_string(struct cursor *c) {
        uint32_t code;

        if (!next_is(c, '"'))
                return false;
        while (skip_run(c)) {
                if (next_is(c, '"'))
                        return true;
                if (!next_is(c, '\\') || !read_escape(c, &code))
                        return false;
        }
        return false;
}

static bool skip_members(struct cursor *c, unsigned depth) {
        if (next_token_is(c, '}'))
                return true;
        do {
                skip_space(c);
                if (!skip_string(c) || !next_token_is(c, ':') || !skip_value(c, depth))
                        return false;
        } while (next_token_is(c, ','));
        return next_token_is(c, '}');
}

static bool skip_elements(struct cursor *c, unsigned depth) {
        if (next_token_is(c, ']'))
                return true;
        do
                if (!skip_value(c, depth))
                        return false;
        while (next_token_is(c, ','));
        return next_token_is(c, ']');
}

/* DEPTH: the number of arrays and objects that may still open. */
static bool skip_value(struct cursor *c, unsigned depth) {
        skip_space(c);
        switch (c->at < c->end ? *c->at : '\0') {
        case '{':
                c->at++;
                return depth > 0 && skip_members(c, depth - 1);
        case '[':
                c->at++;
                return depth > 0 && skip_elements(c, depth - 1);
        case '"':
                return skip_string(c);
        case 't':
                return skip_word(c, "true");
        case 'f':
                return skip_word(c, "false");
        case 'n':
                return skip_word(c, "null");
        default:
                return skip_number(c);
        }
}

bool json_read(const char *text, size_t length, unsigned depth, struct json_value *ret) {
        struct cursor c = { text, text + length };

        skip_space(&c);
        ret->text = c.at;
        if (!skip_value(&c, depth))
                return false;
        ret->length = (size_t)(c.at - ret->text);
        skip_space(&c);
        return c.at == c.end;
}

bool json_absent(struct json_value value) {
        return !value.text || *value.text == 'n';
}

bool json_is_object(struct json_value value) {
        return value.text && *value.text == '{';
}

/* NULL + 0 is undefined in C. */
static struct cursor inside(struct json_value value) {
        return (struct cursor){ value.text, value.text ? value.text + value.length : NULL };
}

static size_t put_utf8(uint32_t code, char ret[static 4]) {
        static const unsigned char lead[] = { 0, 0xc0, 0xe0, 0xf0 };
        size_t more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;

        ret[0] = (char)(lead[more] | code >> 6 * more);
        for (size_t i = 1; i <= more; i++)
                ret[i] = (char)(0x80 | (code >> 6 * (more - i) & 0x3f));
        return more + 1;
}

static bool unescape(struct cursor c, char *buffer, size_t size, size_t *ret_length) {
        size_t length = 0;

        while (!next_is(&c, '"')) {
                const char *start = c.at;
                char character[4];
                size_t count;
                uint32_t code;

                while (c.at < c.end && *c.at != '"' && *c.at != '\\')
                        c.at++;
                count = (size_t)(c.at - start);
                if (count == 0) {
                        c.at++;
                        if (!read_escape(&c, &code) || code == 0)
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
        struct cursor c = inside(value);
        size_t length;

        if (!value.text || !next_is(&c, '"'))
                return false;
        if (memchr(c.at, '\\', (size_t)(c.end - c.at))) {
                if (!unescape(c, buffer, size, &length))
                        return false;
        } else {
                length = value.length - strlen("\"\"");
                if (length >= size)
                        return false;
                memcpy(buffer, c.at, length);
        }
        buffer[length] = '\0';
        if (ret_length)
                *ret_length = length;
        return true;
}

/* Whether KEY, a quoted string, is NAME. Names need no escapes, but a client may use them. */
static bool key_is(struct json_value key, bool escaped, const char *name) {
        size_t length = key.length - strlen("\"\"");
        char unescaped[64];

        if (escaped)
                return json_get_string(key, unescaped, sizeof(unescaped), NULL) && strcmp(unescaped, name) == 0;
        for (size_t i = 0; i < length; i++)
                if (name[i] != key.text[i + 1]) /* which is never a NUL */
                        return false;
        return name[length] == '\0';
}

/* The next four functions read valid JSON: json_read() has checked it. */

static struct json_value pass_string(struct cursor *c) {
        struct json_value string = { .text = c->at++ };
        const char *quote = memchr(c->at, '"', (size_t)(c->end - c->at));

        if (quote && quote[-1] != '\\')
                c->at = quote;
        else /* an escaped quote, or an escaped backslash before the final quote */
                while (c->at < c->end && *c->at != '"')
                        c->at += *c->at == '\\' ? 2 : 1;
        c->at++;
        string.length = (size_t)(c->at - string.text);
        return string;
}

/* Skips an object or an array. */
static void pass_nested(struct cursor *c) {
        unsigned depth = 0;

        do {
                if (*c->at == '"') {
                        pass_string(c);
                        continue;
                }
                if (*c->at == '{' || *c->at == '[')
                        depth++;
                else if (*c->at == '}' || *c->at == ']')
                        depth--;
                c->at++;
        } while (depth > 0 && c->at < c->end);
}

static struct json_value pass_value(struct cursor *c) {
        struct json_value value = { .text = c->at };

        if (*c->at == '"')
                return pass_string(c);
        if (*c->at == '{' || *c->at == '[')
                pass_nested(c);
        else
                while (c->at < c->end && *c->at != ',' && *c->at != '}' && (unsigned char)*c->at > ' ')
                        c->at++;
        value.length = (size_t)(c->at - value.text);
        return value;
}

void json_members(struct json_value object, size_t count, const char *const *names, struct json_value *values) {
        struct cursor c = inside(object);

        memset(values, 0, count * sizeof(*values));
        if (!json_is_object(object))
                return;
        c.at++;
        if (next_token_is(&c, '}'))
                return;
        do {
                struct json_value key, value;
                bool escaped;

                skip_space(&c);
                key = pass_string(&c);
                next_token_is(&c, ':');
                skip_space(&c);
                value = pass_value(&c);
                escaped = memchr(key.text, '\\', key.length);
                for (size_t i = 0; i < count; i++)
                        if (key_is(key, escaped, names[i]))
                                values[i] = value;
        } while (next_token_is(&c, ','));
}

struct json_value json_member(struct json_value object, const char *name) {
        struct json_value value;

        json_members(object, 1, &name, &value);
        return value;
}

bool json_get_integer(struct json_value value, int64_t *ret) {
        struct cursor c = inside(value);
        bool negative;

        if (!value.text)
                return false;
        negative = next_is(&c, '-');
        *ret = 0;
        if (c.at == c.end)
                return false;
        for (; c.at < c.end; c.at++)
                if (*c.at < '0' || *c.at > '9' || __builtin_mul_overflow(*ret, 10, ret) ||
                    __builtin_sub_overflow(*ret, *c.at - '0', ret))
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
