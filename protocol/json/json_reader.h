/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads JSON in place: copies only what the caller asks for, and allocates nothing.
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
 * json_read() and json_read_members() accept only what RFC 8259 allows: valid UTF-8, surrogates in pairs, nothing after
 * the value. The other functions rely on that. Of a member that appears twice, the last one counts. null means absent.
 *
 * Why not json-c: libauditfail must not allocate, and in the daemon, json-c takes longer than everything else in a
 * query. tests/fuzz compares the two.
 *
 * Part of libauditfail: needs libc alone; every function is thread- and async-signal-safe.
 */
#ifndef AUDITFAIL_JSON_READER_H
#define AUDITFAIL_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A value in the caller's text, which must outlive it. TEXT is NULL if the value is absent. */
struct json_value {
        const char *text;
        size_t length;
};

/*
 * Sets *RET to the value in TEXT (LENGTH bytes, and a NUL behind them). Returns false if TEXT is no JSON, or nested
 * deeper than DEPTH.
 */
bool json_read(const char *text, size_t length, unsigned depth, struct json_value *ret);

/* The name of a member: less than 64 bytes, without quotes and backslashes. */
struct json_name {
        const char *text;
        size_t length;
};

#define JSON_NAME(literal)                                                                                             \
        { literal, sizeof(literal) - 1 }

/*
 * The members of an object that the caller wants: VALUES[i] is set to the member NAMES[i]; it is absent if the object
 * has none. If VALUES[0] is an object, its members are set as INNER says.
 */
struct json_wanted {
        size_t count;
        const struct json_name *names;
        struct json_value *values;
        const struct json_wanted *inner; /* NULL: none */
};

/* The same as json_read() for an object, whose members it sets in the same pass. Returns false for other values. */
bool json_read_members(const char *text, size_t length, unsigned depth, const struct json_wanted *wanted);

static inline bool json_absent(struct json_value value) {
        return !value.text || *value.text == 'n';
}

static inline bool json_is_object(struct json_value value) {
        return value.text && *value.text == '{';
}

/* The member NAME of OBJECT; absent if OBJECT has none, or is no object. NAME is as in struct json_name. */
struct json_value json_member(struct json_value object, const char *name);

/* The same for COUNT members at once. */
void json_members(struct json_value object, size_t count, const struct json_name *names, struct json_value *values);

/*
 * Copies the string VALUE and a NUL to BUFFER. Sets *RET_LENGTH (unless it is NULL) to the number of bytes without the
 * NUL. Returns false if VALUE is no string, contains a NUL, or needs more than SIZE bytes.
 */
bool json_get_string(struct json_value value, char *buffer, size_t size, size_t *ret_length);

/* Returns false if VALUE is no number, has a fraction or an exponent, or is out of range. */
bool json_get_integer(struct json_value value, int64_t *ret);

bool json_get_boolean(struct json_value value, bool *ret);

#endif
