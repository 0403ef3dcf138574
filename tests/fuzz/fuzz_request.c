/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dictionary: json.dict */
/*
 * A frame from a stranger, as protocol/call.h and json-c read it. What we take for a call is an object for json-c, with
 * the same members in it. What is an object for json-c is taken by us when json-c has written it down again: as it
 * stands it need not be JSON, since json-c lets pass 1. and 00, NaN, bad UTF-8 and more. And a string that comes in and
 * goes out again in a reply is still the same string.
 */
#include <errno.h>
#include <json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/cleanup.h"
#include "protocol/varlink/call.h"
#include "protocol/vocabulary.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/json_c.h"
#include "tests/fuzz/mutate_json.h"

/* The object that TEXT is for json-c, NULL where it is none. Deeper than DEPTH - 1, it may only be empty. */
static struct json_object *parse(const char *text, size_t length, int depth) {
        struct json_tokener *tokener = json_tokener_new_ex(depth);

        CHECK(tokener);
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);

        struct json_object *object = json_tokener_parse_ex(tokener, text, (int)length);
        size_t end = json_tokener_get_parse_end(tokener);

        json_tokener_free(tokener);
        while (end < length && memchr(" \t\r\n", text[end], 4))
                end++;
        if (end == length && json_object_is_type(object, json_type_object))
                return object;
        json_object_put(object);
        return NULL;
}

/* json-c writes a number with a fraction as it was read, unless it is set anew. */
static void rewrite_doubles(struct json_object *value) {
        if (json_object_is_type(value, json_type_double)) {
                double number = json_object_get_double(value);

                json_object_set_double(value, isfinite(number) ? number : 0);
        } else if (json_object_is_type(value, json_type_array)) {
                for (size_t i = 0; i < json_object_array_length(value); i++)
                        rewrite_doubles(json_object_array_get_idx(value, i));
        } else if (json_object_is_type(value, json_type_object)) {
                json_object_object_foreach(value, key, member) {
                        (void)key;
                        rewrite_doubles(member);
                }
        }
}

/* What a service says again, its caller reads as it was said. */
static void check_echo(const char *name, const char *said) {
        static char reply[8 * FRAME_MAX];
        struct json_writer w = JSON_WRITER(reply, sizeof(reply));

        reply_begin(&w);
        json_string(&w, name, said);
        reply_end(&w, false);

        size_t length = json_finish(&w);
        CHECK(length > 0);
        struct json_object *heard = parse(reply, length - 1, CALL_DEPTH_MAX);
        CHECK(strcmp(json_object_get_string(json_object_object_get(json_object_object_get(heard, "parameters"), name)),
                     said) == 0);
        json_object_put(heard);
}

/* Whether VALUE is a string that a caller of call_string() may be given. */
static bool is_string(struct json_object *value, size_t max) {
        return json_object_is_type(value, json_type_string) && (size_t)json_object_get_string_len(value) <= max &&
               strlen(json_object_get_string(value)) == (size_t)json_object_get_string_len(value);
}

static void check_string(struct call *call, struct json_object *parameters, const char *name, bool required,
                         size_t max) {
        struct json_object *expected = json_object_object_get(parameters, name);
        const char *said;
        int r = call_string(call, name, required, max, &said);

        if (r == 0 && !said) {
                CHECK(!expected && !required);
        } else if (r == 0) {
                CHECK(is_string(expected, max) && strcmp(said, json_object_get_string(expected)) == 0);
                check_echo(name, said);
        } else {
                CHECK(r == -EINVAL && strcmp(call->invalid, name) == 0 && !said);
                CHECK(expected ? !is_string(expected, max) : required);
        }
}

static void check_integer(struct call *call, struct json_object *parameters, const char *name, int64_t min,
                          int64_t max) {
        struct json_object *expected = json_object_object_get(parameters, name);
        int64_t number;
        bool present;
        int r = call_integer_in(call, name, json_member(call->parameters, name), min, max, &number, &present);
        /* json-c has the nearest int64_t for what lies beyond, which is not within these bounds. */
        bool fits = json_object_is_type(expected, json_type_int) && json_object_get_int64(expected) >= min &&
                    json_object_get_int64(expected) <= max;

        if (r < 0)
                CHECK(r == -EINVAL && strcmp(call->invalid, name) == 0 && expected && !fits);
        else if (present)
                CHECK(fits && number == json_object_get_int64(expected));
        else
                CHECK(!expected);
}

static bool is_set(struct json_object *flag) {
        return json_object_is_type(flag, json_type_boolean) && json_object_get_boolean(flag);
}

static bool is_no_flag(struct json_object *flag) {
        return flag && !json_object_is_type(flag, json_type_boolean);
}

static void check_boolean(struct call *call, struct json_object *parameters, const char *name) {
        struct json_object *expected = json_object_object_get(parameters, name);
        bool set;
        int r = call_boolean(call, name, &set);

        if (r < 0)
                CHECK(r == -EINVAL && strcmp(call->invalid, name) == 0 && is_no_flag(expected));
        else
                CHECK(!is_no_flag(expected) && set == is_set(expected));
}

/* FRAME is a call, and says what MESSAGE says. */
static void check_call(const char *frame, size_t length, struct json_object *message) {
        struct json_object *parameters = json_object_object_get(message, "parameters");
        struct json_object *method = json_object_object_get(message, "method");
        struct json_object *oneway = json_object_object_get(message, "oneway");
        struct json_object *more = json_object_object_get(message, "more");
        struct json_object *upgrade = json_object_object_get(message, "upgrade");
        static char strings[FRAME_MAX];
        struct call call;

        CHECK(call_parse(frame, length, NULL, strings, &call) == 0);
        CHECK(call.oneway == is_set(oneway) && call.more == is_set(more));
        CHECK((call.invalid != NULL) == (!is_string(method, FRAME_MAX) || is_no_flag(oneway) || is_no_flag(more) ||
                                         is_no_flag(upgrade) || is_set(upgrade) ||
                                         (parameters && !json_object_is_type(parameters, json_type_object))));
        if (call.invalid)
                return;
        CHECK(strcmp(call.method, json_object_get_string(method)) == 0);
        check_string(&call, parameters, "application", false, APPLICATION_NAME_MAX);
        check_string(&call, parameters, "kind", false, FRAME_MAX);
        check_string(&call, parameters, "operation", false, OPERATION_MAX);
        check_string(&call, parameters, "record", false, RECORD_MAX);
        check_boolean(&call, parameters, "ahead");
        check_string(&call, parameters, "interface", true, FRAME_MAX);
        check_integer(&call, parameters, "errno", 1, ERRNO_MAX);
        check_integer(&call, parameters, "later", INT64_MIN + 1, INT64_MAX - 1);
}

/* json-c ends a key at its first NUL, and so takes other members for the ones we ask for. */
static bool has_escaped_nul(const char *frame, size_t length) {
        return memmem(frame, length, "\\u0000", 6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const struct json_name names[] = { JSON_NAME("application"), JSON_NAME("errno"),
                                                  JSON_NAME("operation") };
        static char strings[FRAME_MAX];
        struct json_value values[3];
        const struct json_wanted parameters = { .count = 3, .names = names, .values = values };
        size_t length = strnlen((const char *)data, size < FRAME_MAX ? size : FRAME_MAX);
        /* Memory of exactly its size, where reading one byte too far is an error. */
        cleanup(cleanup_free) char *frame = calloc(1, length + 1);
        struct call call;

        CHECK(frame);
        memcpy(frame, data, length);
        int r = call_parse(frame, length, &parameters, strings, &call);
        CHECK(r == 0 || r == -EBADMSG);
        for (size_t i = 0; r == 0 && i < 3; i++) {
                struct json_value again = json_member(call.parameters, names[i].text);

                CHECK(again.text == values[i].text && again.length == values[i].length);
        }
        if (!json_c_judges(frame, length))
                return 0;
        if (r == 0 && !has_escaped_nul(frame, length)) {
                struct json_object *message = parse(frame, length, CALL_DEPTH_MAX + 1);

                CHECK(message);
                check_call(frame, length, message);
                json_object_put(message);
        }

        struct json_object *message = parse(frame, length, CALL_DEPTH_MAX);
        if (message) {
                rewrite_doubles(message);
                const char *text = json_object_to_json_string_ext(message, JSON_C_TO_STRING_PLAIN);

                if (strlen(text) <= FRAME_MAX && is_utf8(text, strlen(text)))
                        check_call(text, strlen(text), message);
                json_object_put(message);
        }
        return 0;
}
