/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads the members of a JSON object from another program, builds objects, and prints them. The reader remembers the
 * first member that is missing or has the wrong type. So one check after all reads is enough:
 *
 *      struct reader reply = { .object = object };
 *      const char *action = read_string(&reply, "action");
 *      int64_t line = read_integer_or(&reply, "line", 0);
 *      if (reply.fault)        // the name of the member at fault
 */
#ifndef AUDITFAIL_READER_H
#define AUDITFAIL_READER_H

#include <json.h>
#include <stdbool.h>
#include <stdint.h>

#include "protocol/cleanup.h"

struct reader {
        struct json_object *object; /* a value of another type has no members */
        const char *fault;          /* NULL: none so far */
};

/*
 * Strings live as long as the object. A faulty member is read as "", 0, false or NULL. A string that contains NUL is
 * faulty.
 */
const char *read_string(struct reader *reader, const char *name);
int64_t read_integer(struct reader *reader, const char *name);
bool read_boolean(struct reader *reader, const char *name);
bool read_boolean_or(struct reader *reader, const char *name, bool otherwise);
struct json_object *read_array(struct reader *reader, const char *name);
struct json_object *read_object(struct reader *reader, const char *name);

/* The same for members that may be absent or null. */
const char *read_string_maybe(struct reader *reader, const char *name);              /* NULL: absent */
int64_t read_integer_or(struct reader *reader, const char *name, int64_t otherwise); /* absent: OTHERWISE */
struct json_object *read_array_maybe(struct reader *reader, const char *name);       /* NULL: absent */

/* These end the program without memory. Bytes that are not UTF-8 become U+FFFD, because JSON cannot hold them. */
struct json_object *object_new(void);
void object_add(struct json_object *object, const char *name, struct json_object *value); /* takes VALUE */
void object_add_string(struct json_object *object, const char *name, const char *value);  /* NULL: adds nothing */
void object_add_integer(struct json_object *object, const char *name, int64_t value);
void object_add_boolean(struct json_object *object, const char *name, bool value);
struct json_object *array_new(void);
void array_add(struct json_object *array, struct json_object *value); /* takes VALUE */
void array_add_string(struct json_object *array, const char *value);

enum json_mode {
        JSON_OFF,
        JSON_SHORT,  /* one line for each value */
        JSON_PRETTY, /* for people */
};

/*
 * Reads the argument of --json: "short" or "", "pretty", "off", or "auto", which is pretty if stdout is a terminal.
 * Returns false if WORD is none of them.
 */
bool json_mode_parse(const char *word, enum json_mode *ret);

/* Prints VALUE to stdout. Escapes every character that a terminal would obey. */
void json_print(struct json_object *value, enum json_mode mode);

static inline void cleanup_json(struct json_object **value) {
        json_object_put(*value);
}

#endif
