/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/request_options.h"

#include <string.h>

#include "daemon/common/audit_text.h"

#define TOKEN_MAX    256 /* bytes; a real token is shorter */
#define TIMEOUT_MSEC 30000
#define TIMEOUT_MIN  100
#define TIMEOUT_MAX  (10 * 60 * 1000)

int request_options_read(struct call *call, enum operation operation, struct request_options *ret,
                         const char **ret_token) {
        int64_t timeout = TIMEOUT_MSEC;
        const char *reason;
        bool present;
        int r;

        *ret = (struct request_options){ .task.operation = operation, .more = call->more };
        if ((r = call_string(call, "token", true, TOKEN_MAX, ret_token)) < 0 ||
            (r = call_string(call, "reason", false, REASON_TEXT_MAX, &reason)) < 0 ||
            (r = call_boolean(call, "force", &ret->task.force)) < 0 ||
            (r = call_integer_in(call, "timeout", json_member(call->parameters, "timeout"), TIMEOUT_MIN, TIMEOUT_MAX,
                                 &timeout, &present)) < 0 ||
            (r = call_boolean(call, "interactive", &ret->interactive)) < 0)
                return r;
        if (reason && audit_text_length(reason) > REASON_TEXT_MAX)
                return call_invalid(call, "reason");
        if (reason)
                strcpy(ret->task.reason, reason);
        ret->timeout_usec = (uint64_t)timeout * 1000;
        return 0;
}

int request_options_signal(struct call *call, enum operation *ret) {
        const char *word;
        int r;

        if ((r = call_string(call, "signal", true, TOKEN_MAX, &word)) < 0)
                return r;
        for (*ret = OPERATION_RELOAD; *ret < OPERATION_COUNT; (*ret)++)
                if (strcmp(word, operation_word(*ret)) == 0)
                        return 0;
        return call_invalid(call, "signal");
}
