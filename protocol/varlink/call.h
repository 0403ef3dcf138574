/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A Varlink call, as a service sees it: the frame that a caller sent, its parameters one by one, and the replies.
 *
 * Bytes that are no JSON object are not answered (the connection ends); everything else that is wrong with a call is
 * org.varlink.service.InvalidParameter with the name of what is wrong.
 */
#ifndef AUDITFAIL_CALL_H
#define AUDITFAIL_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/json/json_reader.h"
#include "protocol/json/json_writer.h"

#define FRAME_MAX      (16 * 1024) /* bytes of a call, without its NUL */
#define CALL_DEPTH_MAX 32          /* nested objects and arrays */

struct call {
        const char *method; /* "interface.Method" */
        struct json_value parameters;
        bool oneway, more;
        const char *invalid; /* what is wrong with the call, a parameter's name; NULL: nothing so far */

        char *strings; /* where strings are copied to: what is left of it */
        size_t strings_left;
};

/*
 * Reads FRAME (LENGTH bytes, at most FRAME_MAX, without the NUL). Returns 0, perhaps with RET->invalid set; -EBADMSG
 * where FRAME is no JSON object. Of duplicate members the last one counts. FRAME and STRINGS, memory of FRAME_MAX
 * bytes, must outlive RET.
 */
int call_parse(const char *frame, size_t length, char strings[static FRAME_MAX], struct call *ret);

/*
 * The parameter NAME. Absent and null are the same: *RET is NULL, *RET_PRESENT false. Returns 0, or -EINVAL where it is
 * missing though REQUIRED, of another type, out of range, or a string with a NUL or of more than MAX bytes; then
 * CALL->invalid is NAME. A string lives as long as the call. Each string is asked for once.
 */
int call_string(struct call *call, const char *name, bool required, size_t max, const char **ret);

/* The same for VALUE, what json_members() has found in call->parameters under NAME. */
int call_string_in(struct call *call, const char *name, struct json_value value, size_t max, const char **ret);
int call_integer_in(struct call *call, const char *name, struct json_value value, int64_t min, int64_t max,
                    int64_t *ret, bool *ret_present);

/* The parameter NAME, which may be absent: *RET is false then. */
int call_boolean(struct call *call, const char *name, bool *ret);
int call_boolean_in(struct call *call, const char *name, struct json_value value, bool *ret);

/* {"parameters":{ … }, "continues":true}: what comes between the two is the reply's parameters. */
void reply_begin(struct json_writer *w);
void reply_end(struct json_writer *w, bool continues);

/* {"error":NAME,"parameters":{ … }}: ended by reply_end(w, false). */
void reply_error_begin(struct json_writer *w, const char *name);

#endif
