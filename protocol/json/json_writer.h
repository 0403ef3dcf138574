/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes JSON into memory of the caller. Allocates nothing, and reports errors only at the end.
 *
 *      struct json_writer w = JSON_WRITER(buffer, sizeof(buffer));
 *      json_object_begin(&w, NULL);
 *      json_string(&w, "application", "passwd");
 *      json_integer(&w, "errno", EPERM);
 *      json_object_end(&w);
 *      size_t length = json_finish(&w);        // 0: it did not fit
 *
 * KEY is the name of a member of an object, and NULL in an array and at the top. It is written without escapes. Values
 * of strings may contain any bytes: the writer escapes what JSON requires, and writes U+FFFD for bytes that are no
 * UTF-8. So the result is always valid JSON without control characters.
 *
 * Part of libauditfail: needs libc alone; every function is thread- and async-signal-safe.
 */
#ifndef AUDITFAIL_JSON_WRITER_H
#define AUDITFAIL_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_writer {
        char *data;
        size_t size;
        size_t length;
        bool overflow; /* a value did not fit; nothing more is written */
        bool comma;    /* the next member needs a comma before it */
};

#define JSON_WRITER(memory, bytes) ((struct json_writer){ .data = (memory), .size = (bytes) })

/* Writes TEXT, JSON that ends where a member comes next. The caller ends the objects that it begins. */
void json_begin_with(struct json_writer *w, const char *text);

void json_object_begin(struct json_writer *w, const char *key);
void json_object_end(struct json_writer *w);
void json_array_begin(struct json_writer *w, const char *key);
void json_array_end(struct json_writer *w);

void json_string(struct json_writer *w, const char *key, const char *value);
void json_string_n(struct json_writer *w, const char *key, const char *value, size_t length);
void json_integer(struct json_writer *w, const char *key, int64_t value);
void json_boolean(struct json_writer *w, const char *key, bool value);

/* Like json_string(), but writes nothing if VALUE is NULL or "". */
void json_string_maybe(struct json_writer *w, const char *key, const char *value);

/* Ends the message with a NUL, as Varlink requires. Returns its length with the NUL; 0 if it did not fit. */
size_t json_finish(struct json_writer *w);

#endif
