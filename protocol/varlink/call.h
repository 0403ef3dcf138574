/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A Varlink call on the side of the service: parses the frame, reads the parameters, and frames the replies.
 *
 * The service closes the connection after bytes that are no JSON object. Other errors in a call get the reply
 * org.varlink.service.InvalidParameter, with the name of the parameter.
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
        const struct json_value *values; /* of the parameters that call_parse() was told to find */
        bool oneway, more;
        const char *invalid; /* name of the first invalid parameter; NULL: none so far */

        char *strings; /* free memory for copies of strings */
        size_t strings_left;
};

/*
 * Parses FRAME (LENGTH bytes, at most FRAME_MAX, and the NUL behind them). Returns 0, and sets RET->invalid if the call
 * is invalid; or -EBADMSG if FRAME is no JSON object. Of a member that appears twice, the last one counts. Sets the
 * values of PARAMETERS (NULL: none) in the same pass. FRAME, PARAMETERS and STRINGS (FRAME_MAX bytes) must outlive RET.
 */
int call_parse(const char *frame, size_t length, const struct json_wanted *parameters, char strings[static FRAME_MAX],
               struct call *ret);

/*
 * Reads the parameter NAME. If it is absent or null, *RET is NULL, and *RET_PRESENT is false. Returns 0, or -EINVAL and
 * sets CALL->invalid to NAME: the parameter is REQUIRED and absent, has the wrong type, is out of range, or is a string
 * with a NUL or of more than MAX bytes. A string lives as long as the call. Read each string only once.
 */
int call_string(struct call *call, const char *name, bool required, size_t max, const char **ret);

/* The same for VALUE, which json_members() has found in call->parameters under NAME. */
int call_string_in(struct call *call, const char *name, struct json_value value, size_t max, const char **ret);
int call_integer_in(struct call *call, const char *name, struct json_value value, int64_t min, int64_t max,
                    int64_t *ret, bool *ret_present);

/* The parameter NAME; *RET is false if it is absent. */
int call_boolean(struct call *call, const char *name, bool *ret);
int call_boolean_in(struct call *call, const char *name, struct json_value value, bool *ret);

/* Notes that the parameter NAME is invalid, for the reply. Returns -EINVAL. */
int call_invalid(struct call *call, const char *name);

/* Begins and ends {"parameters":{ … }, "continues":true}. The caller writes the parameters in between. */
void reply_begin(struct json_writer *w);
void reply_end(struct json_writer *w, bool continues);

/* Begins {"error":NAME,"parameters":{ … }}. End it with reply_end(w, false). */
void reply_error_begin(struct json_writer *w, const char *name);

#endif
