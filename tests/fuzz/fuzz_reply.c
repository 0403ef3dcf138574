/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dictionary: json.dict */
/*
 * A daemon's reply, as the stub's own reader and json-c read it: what the stub takes for an answer is one for json-c,
 * word for word the same, and what is an answer for json-c is one for the stub.
 */
#include <errno.h>
#include <json.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/libauditfail/reply_read.h"
#include "protocol/cleanup.h"
#include "protocol/vocabulary.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/json_c.h"
#include "tests/fuzz/mutate_json.h"

#define DEPTH_MAX 100

static size_t count_digits(const char *text, size_t size) {
        size_t digits = 0;

        while (digits < size && text[digits] >= '0' && text[digits] <= '9')
                digits++;
        return digits;
}

/* Whether NUMBER is one by RFC 8259, of so few digits that it surely fits, and not -0. */
static bool plain_number(const char *number, size_t length) {
        size_t sign = *number == '-', digits = count_digits(number + sign, length - sign), at = sign + digits;

        if (digits == 0 || digits > 18 || (number[sign] == '0' && (digits > 1 || sign)))
                return false;
        if (at < length && number[at] == '.') {
                digits = count_digits(number + at + 1, length - at - 1);
                if (digits == 0)
                        return false;
                at += 1 + digits;
        }
        if (at < length && (number[at] | 0x20) == 'e') {
                sign = at + 1 < length && (number[at + 1] == '+' || number[at + 1] == '-');
                digits = count_digits(number + at + 1 + sign, length - at - 1 - sign);
                if (digits == 0)
                        return false;
                at += 1 + sign + digits;
        }
        return at == length;
}

/*
 * Where the two may differ, and json-c is not the judge. It takes NaN, Infinity, single quotes, control characters in
 * strings, 00 and 1., puts U+FFFD for half a surrogate, ends a key at \u0000, and refuses integers of more than 64 bits
 * even where nobody wants to know them. The stub ends at REPLY_DEPTH_MAX.
 */
static bool judged_otherwise(const char *text, size_t size) {
        bool in_string = false;
        unsigned depth = 0;

        for (size_t i = 0; i < size; i++) {
                size_t number = 0;

                if (in_string && text[i] == '\\') {
                        i++;
                        if (i + 2 < size && text[i] == 'u' &&
                            (memcmp(text + i + 1, "00", 2) == 0 || (text[i + 1] | 0x20) == 'd'))
                                return true;
                        continue;
                }
                if (in_string && (unsigned char)text[i] < 0x20)
                        return true;
                if (text[i] == '"')
                        in_string = !in_string;
                if (in_string)
                        continue;

                while (i + number < size && strchr("+-.0123456789eE", text[i + number]))
                        number++;
                if (strchr("NI'", text[i]) || (number > 0 && !plain_number(text + i, number)))
                        return true;
                if (number > 0)
                        i += number - 1;
                if (text[i] == '[' || text[i] == '{')
                        depth++;
                if ((text[i] == ']' || text[i] == '}') && depth > 0)
                        depth--;
                if (depth > REPLY_DEPTH_MAX)
                        return true;
        }
        return false;
}

static struct json_object *parse(const char *text, size_t size) {
        struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);

        CHECK(tokener);
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        struct json_object *reply = json_tokener_parse_ex(tokener, text, (int)size);
        size_t end = json_tokener_get_parse_end(tokener);

        while (end < size && strchr(" \t\r\n", text[end]))
                end++;
        json_tokener_free(tokener);
        if (end == size)
                return reply;
        json_object_put(reply);
        return NULL;
}

static bool is_natural(struct json_object *value, uint64_t most) {
        return json_object_is_type(value, json_type_int) && json_object_get_int64(value) >= 0 &&
               json_object_get_uint64(value) <= most;
}

/* Fills in what the answer must be. Returns as reply_read() does. */
static int expected_answer(struct json_object *reply, struct auditfail_answer *ret) {
        struct json_object *error = json_object_object_get(reply, "error");
        struct json_object *continues = json_object_object_get(reply, "continues");
        struct json_object *parameters = json_object_object_get(reply, "parameters");

        *ret = (struct auditfail_answer){ 0 };
        if (!json_object_is_type(reply, json_type_object))
                return -EBADMSG;
        if (error)
                return -EREMOTEIO;
        if ((continues && !json_object_is_type(continues, json_type_boolean)) || json_object_get_boolean(continues) ||
            !json_object_is_type(parameters, json_type_object))
                return -EBADMSG;

        struct json_object *action = json_object_object_get(parameters, "action");
        struct json_object *file = json_object_object_get(parameters, "file");
        struct json_object *line = json_object_object_get(parameters, "line");
        struct json_object *generation = json_object_object_get(parameters, "generation");

        if (!json_object_is_type(action, json_type_string) || (file && !json_object_is_type(file, json_type_string)) ||
            (line && !is_natural(line, UINT_MAX)) || (generation && !is_natural(generation, INT64_MAX)))
                return -EBADMSG;

        int known = action_from_name(json_object_get_string(action), (size_t)json_object_get_string_len(action));
        const char *name = file ? json_object_get_string(file) : "";
        if (known < 0 || strlen(name) >= sizeof(ret->file))
                return -EBADMSG;
        for (int i = 0; i < (file ? json_object_get_string_len(file) : 0); i++)
                if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
                        return -EBADMSG;

        ret->action = (enum auditfail_action)known;
        strcpy(ret->file, name);
        ret->line = line ? (unsigned)json_object_get_uint64(line) : 0;
        ret->generation = generation ? json_object_get_uint64(generation) : 0;
        return 0;
}

/* The reply to Check, in the same form. */
static void check_check(const char *text, size_t size, int answered) {
        struct check_reply check;
        int r = reply_read_check(text, size, &check);

        CHECK(r == 0 || r == -EBADMSG || r == -EREMOTEIO);
        CHECK((r == -EREMOTEIO) == (answered == -EREMOTEIO));
        if (r == 0)
                CHECK(check.error >= 0 && check.error <= ERRNO_MAX &&
                      (check.lost <= UINT32_MAX || check.lost == AUDITFAIL_LOST_UNKNOWN));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct auditfail_answer answer, expected;

        if (size >= REPLY_MAX || memchr(data, '\0', size))
                return 0; /* never comes here: a reply ends at its first NUL, and fits the stub's buffer */

        /* Memory of exactly its size, where reading one byte too far is an error. */
        cleanup(cleanup_free) char *text = calloc(1, size + 1);
        CHECK(text);
        memcpy(text, data, size);
        int r = reply_read(text, size, &answer);
        CHECK(r == 0 || r == -EBADMSG || r == -EREMOTEIO);
        check_check(text, size, r);
        if (r == 0)
                CHECK(answer.action <= AUDITFAIL_TERMINATE &&
                      strnlen(answer.file, sizeof(answer.file)) < sizeof(answer.file));
        if (!is_utf8(text, size)) {
                CHECK(r == -EBADMSG);
                return 0;
        }
        if (judged_otherwise(text, size) || !json_c_judges(text, size))
                return 0;

        struct json_object *reply = parse(text, size);
        CHECK(r == expected_answer(reply, &expected));
        if (r == 0)
                CHECK(memcmp(&answer, &expected, sizeof(answer)) == 0);
        json_object_put(reply);
        return 0;
}
