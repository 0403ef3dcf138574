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
#include <string.h>

struct json_writer {
        char *data;
        size_t size; /* of the memory at data; LENGTH after a value that did not fit */
        size_t length;
        bool comma; /* the next member needs a comma before it */
};

#define JSON_WRITER(memory, bytes) ((struct json_writer){ .data = (memory), .size = (bytes) })

/*
 * Writes a string or a number with KEY, of KEY_LENGTH bytes. A plain value needs no escapes: ASCII without control
 * characters, quotes and backslashes. Most callers use the functions below. These are inline, so that the compiler
 * counts the bytes of a constant.
 */
void json_add_string(struct json_writer *w, const char *key, size_t key_length, const char *value, size_t length);
void json_add_plain(struct json_writer *w, const char *key, size_t key_length, const char *value, size_t length);
void json_add_integer(struct json_writer *w, const char *key, size_t key_length, int64_t value);

/* Writes TEXT, JSON that ends where a member comes next. The caller ends the objects that it begins. */
void json_begin_with(struct json_writer *w, const char *text);

void json_object_begin(struct json_writer *w, const char *key);
void json_object_end(struct json_writer *w);
void json_array_begin(struct json_writer *w, const char *key);
void json_array_end(struct json_writer *w);

static inline void json_string_n(struct json_writer *w, const char *key, const char *value, size_t length) {
        json_add_string(w, key, key ? strlen(key) : 0, value, length);
}

static inline void json_string(struct json_writer *w, const char *key, const char *value) {
        json_string_n(w, key, value, strlen(value));
}

/* Like json_string(), but writes nothing if VALUE is NULL or "". */
static inline void json_string_maybe(struct json_writer *w, const char *key, const char *value) {
        if (value && *value)
                json_string(w, key, value);
}

/* Like json_string() for a word of the vocabulary or a valid name of an application. These are plain. */
static inline void json_word_n(struct json_writer *w, const char *key, const char *value, size_t length) {
        json_add_plain(w, key, key ? strlen(key) : 0, value, length);
}

static inline void json_word(struct json_writer *w, const char *key, const char *value) {
        json_word_n(w, key, value, strlen(value));
}

static inline void json_integer(struct json_writer *w, const char *key, int64_t value) {
        json_add_integer(w, key, key ? strlen(key) : 0, value);
}

void json_boolean(struct json_writer *w, const char *key, bool value);

/* Ends the message with a NUL, as Varlink requires. Returns its length with the NUL; 0 if it did not fit. */
size_t json_finish(struct json_writer *w);

#endif
