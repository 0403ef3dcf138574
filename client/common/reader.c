/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/common/reader.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/common/text.h"
#include "protocol/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Returns the member NAME if it has TYPE. Returns NULL if it is absent, null, or at fault. */
static struct json_object *member(struct reader *reader, const char *name, enum json_type type, bool required) {
        struct json_object *value = NULL;

        if (json_object_is_type(reader->object, json_type_object))
                json_object_object_get_ex(reader->object, name, &value);
        if (value ? json_object_is_type(value, type) : !required)
                return value;
        if (!reader->fault)
                reader->fault = name;
        return NULL;
}

static const char *string_of(struct reader *reader, const char *name, bool required) {
        struct json_object *value = member(reader, name, json_type_string, required);
        if (!value)
                return NULL;

        const char *text = json_object_get_string(value);
        if (strlen(text) == (size_t)json_object_get_string_len(value))
                return text;
        if (!reader->fault)
                reader->fault = name;
        return NULL;
}

const char *read_string(struct reader *reader, const char *name) {
        return string_of(reader, name, true) ?: "";
}

const char *read_string_maybe(struct reader *reader, const char *name) {
        return string_of(reader, name, false);
}

int64_t read_integer(struct reader *reader, const char *name) {
        return json_object_get_int64(member(reader, name, json_type_int, true));
}

int64_t read_integer_or(struct reader *reader, const char *name, int64_t otherwise) {
        struct json_object *value = member(reader, name, json_type_int, false);

        return value ? json_object_get_int64(value) : otherwise;
}

bool read_boolean(struct reader *reader, const char *name) {
        return json_object_get_boolean(member(reader, name, json_type_boolean, true));
}

bool read_boolean_or(struct reader *reader, const char *name, bool otherwise) {
        struct json_object *value = member(reader, name, json_type_boolean, false);

        return value ? json_object_get_boolean(value) : otherwise;
}

struct json_object *read_array(struct reader *reader, const char *name) {
        return member(reader, name, json_type_array, true);
}

struct json_object *read_array_maybe(struct reader *reader, const char *name) {
        return member(reader, name, json_type_array, false);
}

struct json_object *read_object(struct reader *reader, const char *name) {
        return member(reader, name, json_type_object, true);
}

struct json_object *object_new(void) {
        struct json_object *object = json_object_new_object();

        if (!object)
                out_of_memory();
        return object;
}

void object_add(struct json_object *object, const char *name, struct json_object *value) {
        if (!value || json_object_object_add(object, name, value) < 0)
                out_of_memory();
}

struct json_object *array_new(void) {
        struct json_object *array = json_object_new_array();

        if (!array)
                out_of_memory();
        return array;
}

void array_add(struct json_object *array, struct json_object *value) {
        if (!value || json_object_array_add(array, value) < 0)
                out_of_memory();
}

static struct json_object *string_new(const char *value) {
        size_t left = strlen(value);
        cleanup(cleanup_free) char *text = malloc(left * strlen(REPLACEMENT) + 1);
        if (!text)
                out_of_memory();
        char *end = text;
        while (left > 0) {
                size_t bytes = utf8_character(value, left), taken = bytes > 0 ? bytes : 1;
                end = bytes > 0 ? mempcpy(end, value, bytes) : stpcpy(end, REPLACEMENT);
                value += taken;
                left -= taken;
        }
        return json_object_new_string_len(text, (int)(end - text));
}

void object_add_string(struct json_object *object, const char *name, const char *value) {
        if (value)
                object_add(object, name, string_new(value));
}

void array_add_string(struct json_object *array, const char *value) {
        array_add(array, string_new(value));
}

void object_add_integer(struct json_object *object, const char *name, int64_t value) {
        object_add(object, name, json_object_new_int64(value));
}

void object_add_boolean(struct json_object *object, const char *name, bool value) {
        object_add(object, name, json_object_new_boolean(value));
}

bool json_mode_parse(const char *word, enum json_mode *ret) {
        if (!*word || strcmp(word, "short") == 0)
                *ret = JSON_SHORT;
        else if (strcmp(word, "pretty") == 0)
                *ret = JSON_PRETTY;
        else if (strcmp(word, "auto") == 0)
                *ret = isatty(STDOUT_FILENO) ? JSON_PRETTY : JSON_SHORT;
        else if (strcmp(word, "off") == 0)
                *ret = JSON_OFF;
        else
                return false;
        return true;
}

void json_print(struct json_object *value, enum json_mode mode) {
        int style = mode == JSON_PRETTY ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : JSON_C_TO_STRING_PLAIN;
        const char *text = json_object_to_json_string_ext(value, style | JSON_C_TO_STRING_NOSLASHESCAPE);
        if (!text)
                out_of_memory();

        /*
         * JSON already escapes the control characters below U+0020. Terminals also obey U+007F to U+009F, which occur
         * only in strings.
         */
        for (; *text; text++) {
                const unsigned char *bytes = (const unsigned char *)text;
                bool c1 = bytes[0] == 0xc2 && bytes[1] >= 0x80 && bytes[1] <= 0x9f;
                if (c1 || bytes[0] == 0x7f)
                        printf("\\u%04x", c1 ? *(const unsigned char *)++text : bytes[0]);
                else
                        putchar(*text);
        }
        putchar('\n');
}
