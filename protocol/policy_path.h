/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where policy files lie, and which application each belongs to. The order of precedence is
 *
 *      ROOT/etc/auditfail/NAME.conf  >  ROOT/etc/auditfail.NAME  >  ROOT/usr/lib/auditfail/NAME.conf
 *
 * Part of libauditfail: needs libc alone, allocates nothing; every function is thread- and async-signal-safe.
 */
#ifndef AUDITFAIL_POLICY_PATH_H
#define AUDITFAIL_POLICY_PATH_H

#include <stdbool.h>
#include <stddef.h>

#define POLICY_ROOT_MAX 128 /* bytes of ROOT with the NUL, so that every path fits the answer of auditfail_ask(3) */
#define POLICY_PATH_MAX 256 /* bytes of any policy file's path with the NUL; as in struct auditfail_answer */

/* The places where an application's policy may lie. The first one that has a file wins. */
enum place {
        PLACE_ETC,
        PLACE_FLAT,
        PLACE_LIB,
        PLACE_COUNT,
};

/* A file in a place is called FOLDER/PREFIX NAME SUFFIX, without blanks. */
struct policy_place {
        const char *folder, *prefix, *suffix;
};

/* The entry of PLACE (below PLACE_COUNT) in the table of places. */
const struct policy_place *policy_place(enum place place);

/*
 * Writes the path of the file in PLACE below ROOT ("" for /) for APPLICATION (LENGTH bytes, no NUL needed). Returns the
 * length of the path, or 0 and an empty path if it does not fit.
 */
size_t policy_path(char path[static POLICY_PATH_MAX], const char *root, enum place place, const char *application,
                   size_t length);

/*
 * The application in NAME, the base name of a file in PLACE. Returns where in NAME the application starts and sets
 * *RET_LENGTH, which may be 0; NULL if NAME lacks the prefix or the suffix of the place. The application may be
 * invalid.
 */
const char *policy_path_application(enum place place, const char *name, size_t *ret_length);

/* Whether the policy file PATH, below any root, is APPLICATION's. */
bool policy_path_belongs_to(const char *path, const char *application);

/*
 * The application that FILE stands for: a name, /etc/auditfail/NAME.conf or /etc/auditfail.NAME. Returns where in FILE
 * the name starts and sets *RET_LENGTH; NULL if FILE is none of the three.
 */
const char *application_from_file(const char *file, size_t *ret_length);

#endif
