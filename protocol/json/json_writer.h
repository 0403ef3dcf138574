/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes JSON into memory that the caller owns: no allocation, nothing that can fail halfway.
 *
 *      struct json_writer w = JSON_WRITER(buffer, sizeof(buffer));
 *      json_object_begin(&w, NULL);
 *      json_string(&w, "application", "passwd");
 *      json_integer(&w, "errno", EPERM);
 *      json_object_end(&w);
 *      size_t length = json_finish(&w);        // 0: it did not fit
 *
 * KEY is the member's name inside an object and NULL inside an array or at the top; it is a literal of the program and
 * written as it stands. Strings may hold anything: what JSON must escape is escaped, and bytes that are not UTF-8
 * become U+FFFD, so that whatever a caller hands in, valid JSON without a control character comes out.
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
        bool overflow; /* something did not fit; nothing is written from then on */
        bool comma;    /* the next member needs a comma before it */
};

#define JSON_WRITER(memory, bytes) ((struct json_writer){ .data = (memory), .size = (bytes) })

void json_object_begin(struct json_writer *w, const char *key);
void json_object_end(struct json_writer *w);
void json_array_begin(struct json_writer *w, const char *key);
void json_array_end(struct json_writer *w);

void json_string(struct json_writer *w, const char *key, const char *value);
void json_string_n(struct json_writer *w, const char *key, const char *value, size_t length);
void json_integer(struct json_writer *w, const char *key, int64_t value);
void json_boolean(struct json_writer *w, const char *key, bool value);

/* json_string(), but nothing at all for NULL: a member that may be absent. */
void json_string_maybe(struct json_writer *w, const char *key, const char *value);

/* Ends the message with the NUL that Varlink asks for. Returns its length with the NUL, 0 if it did not fit. */
size_t json_finish(struct json_writer *w);

#endif
