/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads JSON where it lies: nothing is copied or allocated before it is asked for.
 *
 *      struct json_value message, parameters;
 *      char name[65];
 *
 *      if (!json_read(text, length, 32, &message))
 *              return -EBADMSG;
 *      parameters = json_member(message, "parameters");
 *      if (!json_get_string(json_member(parameters, "application"), name, sizeof(name), NULL))
 *              ...
 *
 * json_read() is as strict as RFC 8259: UTF-8 throughout, surrogates only in pairs, nothing after the value. What it
 * has let pass, the others take for valid. Of duplicate members the last one counts; null is the same as absent.
 *
 * Our own, although json-c does this too: it runs in the stub, which may not allocate, and in the daemon's answer to
 * every query, where json-c takes longer than everything else that the daemon does. tests/fuzz compares the two.
 *
 * Part of libauditfail: needs libc alone; every function is thread- and async-signal-safe.
 */
#ifndef AUDITFAIL_JSON_READER_H
#define AUDITFAIL_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A value in somebody's text, which must outlive it. TEXT is NULL where there is none. */
struct json_value {
        const char *text;
        size_t length;
};

/* Sets *RET to the value that TEXT (LENGTH bytes) is; false where it is none, or nested deeper than DEPTH. */
bool json_read(const char *text, size_t length, unsigned depth, struct json_value *ret);

bool json_absent(struct json_value value);
bool json_is_object(struct json_value value);

/* The member NAME of OBJECT, absent if OBJECT has none or is no object. NAME has less than 64 bytes. */
struct json_value json_member(struct json_value object, const char *name);

/* The same for COUNT members in one go. */
void json_members(struct json_value object, size_t count, const char *const *names, struct json_value *values);

/*
 * Copies a string's characters to BUFFER and ends them with a NUL; *RET_LENGTH (may be NULL) is their number in bytes.
 * False where VALUE is no string, has a NUL in it, or needs more than SIZE bytes.
 */
bool json_get_string(struct json_value value, char *buffer, size_t size, size_t *ret_length);

/* False where VALUE is no number, has a fraction or an exponent, or does not fit. */
bool json_get_integer(struct json_value value, int64_t *ret);

bool json_get_boolean(struct json_value value, bool *ret);

#endif
