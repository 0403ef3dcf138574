/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/libauditfail/reply_read.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "protocol/json/json_reader.h"
#include "protocol/json/plain.h"
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
        size_t length;

        file[0] = '\0';
        if (json_absent(value))
                return true;
        if (!json_get_string(value, file, size, &length))
                return false;
        for (const char *c = file, *end = file + length; (c = skip_plain(c, end)) < end; c++)
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

/* Sets the values of PARAMETERS from REPLY, the only reply to a call. Returns 0 or a negative errno. */
static int read_reply(const char *reply, size_t length, const struct json_wanted *parameters) {
        static const struct json_name names[] = { JSON_NAME("parameters"), JSON_NAME("error"), JSON_NAME("continues") };
        struct json_value values[COUNT(names)];
        const struct json_wanted message = { COUNT(names), names, values, parameters };
        bool continues = false;

        if (!json_read_members(reply, length, REPLY_DEPTH_MAX, &message))
                return -EBADMSG;
        if (!json_absent(values[1]))
                return -EREMOTEIO;
        if (!json_absent(values[2]) && !json_get_boolean(values[2], &continues))
                return -EBADMSG;
        return continues ? -EBADMSG : 0;
}

int reply_read(const char *reply, size_t length, struct auditfail_answer *answer) {
        static const struct json_name names[] = { JSON_NAME("action"), JSON_NAME("file"), JSON_NAME("line"),
                                                  JSON_NAME("generation") };
        struct json_value values[COUNT(names)];
        uint64_t line;

        *answer = (struct auditfail_answer){ 0 };
        int r = read_reply(reply, length, &(struct json_wanted){ COUNT(names), names, values, NULL });
        if (r < 0)
                return r;
        if (!read_action(values[0], &answer->action) ||
            !read_file_name(values[1], answer->file, sizeof(answer->file)) ||
            !read_natural(values[2], UINT_MAX, &line) || !read_natural(values[3], INT64_MAX, &answer->generation))
                return -EBADMSG;
        answer->line = (unsigned)line;
        return 0;
}

int reply_read_check(const char *reply, size_t length, struct check_reply *ret) {
        static const struct json_name names[] = { JSON_NAME("errno"), JSON_NAME("lost"), JSON_NAME("pressed") };
        struct json_value values[COUNT(names)];
        uint64_t error, lost;

        *ret = (struct check_reply){ 0 };
        int r = read_reply(reply, length, &(struct json_wanted){ COUNT(names), names, values, NULL });
        if (r < 0)
                return r;
        if (!read_natural(values[0], ERRNO_MAX, &error) || !read_natural(values[1], UINT32_MAX, &lost) ||
            (!json_absent(values[2]) && !json_get_boolean(values[2], &ret->pressed)))
                return -EBADMSG;
        ret->error = (int)error;
        ret->lost = json_absent(values[1]) ? AUDITFAIL_LOST_UNKNOWN : lost;
        return 0;
}
