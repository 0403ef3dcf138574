/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/libauditfail/reply_read.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "protocol/json/json_reader.h"
#include "protocol/vocabulary.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool read_action(struct json_value value, enum auditfail_action *ret) {
        char word[16];
        size_t length;

        if (!json_get_string(value, word, sizeof(word), &length))
                return false;
        int action = action_from_name(word, length);
        if (action < 0)
                return false;
        *ret = (enum auditfail_action)action;
        return true;
}

/* The file's name goes into logs and onto terminals, so it must not contain control characters. */
static bool read_file_name(struct json_value value, char *file, size_t size) {
        if (json_absent(value))
                return true;
        if (!json_get_string(value, file, size, NULL))
                return false;
        for (const char *c = file; *c; c++)
                if ((unsigned char)*c < 0x20 || *c == 0x7f)
                        return false;
        return true;
}

static bool read_natural(struct json_value value, int64_t most, uint64_t *ret) {
        int64_t number = 0;

        if (!json_absent(value) && !json_get_integer(value, &number))
                return false;
        *ret = (uint64_t)number;
        return number >= 0 && number <= most;
}

static bool read_parameters(struct json_value parameters, struct auditfail_answer *answer) {
        static const char *const names[] = { "action", "file", "line", "generation" };
        struct json_value values[COUNT(names)];
        uint64_t line;

        json_members(parameters, COUNT(names), names, values);
        if (!read_action(values[0], &answer->action) ||
            !read_file_name(values[1], answer->file, sizeof(answer->file)) ||
            !read_natural(values[2], UINT_MAX, &line) || !read_natural(values[3], INT64_MAX, &answer->generation))
                return false;
        answer->line = (unsigned)line;
        return true;
}

/* Sets *RET to the parameters of REPLY, the only reply to a call. Returns 0 or a negative errno. */
static int read_whole(const char *reply, size_t length, struct json_value *ret) {
        static const char *const names[] = { "error", "continues", "parameters" };
        struct json_value message, values[COUNT(names)];
        bool continues = false;

        if (!json_read(reply, length, REPLY_DEPTH_MAX, &message) || !json_is_object(message))
                return -EBADMSG;
        json_members(message, COUNT(names), names, values);
        if (!json_absent(values[0]))
                return -EREMOTEIO;
        if (!json_absent(values[1]) && !json_get_boolean(values[1], &continues))
                return -EBADMSG;
        *ret = values[2];
        return continues ? -EBADMSG : 0;
}

int reply_read(const char *reply, size_t length, struct auditfail_answer *answer) {
        struct json_value parameters;

        *answer = (struct auditfail_answer){ 0 };
        int r = read_whole(reply, length, &parameters);
        if (r < 0)
                return r;
        return read_parameters(parameters, answer) ? 0 : -EBADMSG;
}

int reply_read_check(const char *reply, size_t length, struct check_reply *ret) {
        static const char *const names[] = { "errno", "lost", "pressed" };
        struct json_value parameters, values[COUNT(names)];
        uint64_t error, lost;

        *ret = (struct check_reply){ 0 };
        int r = read_whole(reply, length, &parameters);
        if (r < 0)
                return r;
        json_members(parameters, COUNT(names), names, values);
        if (!read_natural(values[0], ERRNO_MAX, &error) || !read_natural(values[1], UINT32_MAX, &lost) ||
            (!json_absent(values[2]) && !json_get_boolean(values[2], &ret->pressed)))
                return -EBADMSG;
        ret->error = (int)error;
        ret->lost = json_absent(values[1]) ? AUDITFAIL_LOST_UNKNOWN : lost;
        return 0;
}
