/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is wrong with a policy file, said like a compiler says it:
 *
 *      /etc/auditfail/passwd.conf:3:1: error: unknown action "terminat", expected ignore, log or terminate
 *          terminat
 *          ^~~~~~~~
 *          did you mean "terminate"?
 *
 * A list keeps the first DIAGNOSTICS_MAX and counts the others: a tree of a million bad files costs no memory.
 */
#ifndef AUDITFAIL_DIAGNOSTIC_H
#define AUDITFAIL_DIAGNOSTIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define DIAGNOSTICS_MAX     256
#define DIAGNOSTIC_TEXT_MAX 160 /* bytes of the offending line that are kept */

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

struct diagnostic {
        enum severity severity;
        unsigned line, column, width; /* from 1, in bytes; line 0: the file as a whole. width: of what is underlined */
        const char *file;
        const char *message;
        const char *expected;   /* or NULL */
        const char *suggestion; /* what may have been meant, or NULL */
        const char *text;       /* the offending line, or NULL */
        void *memory;           /* the list's own, where it keeps the strings */
};

struct diagnostics {
        struct diagnostic *items;
        size_t count, allocated;
        size_t omitted; /* problems beyond DIAGNOSTICS_MAX */
        size_t errors;  /* of all, kept or not */
};

#define DIAGNOSTICS_NULL ((struct diagnostics){ 0 })

/*
 * Adds a problem; every string is copied. TEXT is the offending line of TEXT_LENGTH bytes, or NULL: what is more than
 * DIAGNOSTIC_TEXT_MAX bytes of it becomes "...", and a NUL in it U+2400. Out of memory: the problem still counts as an
 * error and as omitted.
 */
void diagnostics_add(struct diagnostics *list, const struct diagnostic *problem, const char *text, size_t text_length);

/* Sorts by file, line and column, so that the same problems always read the same. */
void diagnostics_sort(struct diagnostics *list);

/* Frees all that LIST holds and leaves it empty. */
void diagnostics_clear(struct diagnostics *list);

/*
 * Prints one problem as above. Bytes that could confuse a terminal or forge a log line (control characters, marks that
 * reverse the direction of text, bytes that are not UTF-8) come out as \xNN, with the caret where it belongs. COLOUR:
 * with ANSI colours.
 */
void diagnostic_print(FILE *stream, const struct diagnostic *problem, bool colour);

/*
 * "FILE:LINE:COLUMN: error: MESSAGE, expected EXPECTED" in one line, sanitised in the same way. Caller frees; NULL: no
 * memory.
 */
char *diagnostic_line(const struct diagnostic *problem);

/* The one of the NULL-terminated WORDS that WORD (LENGTH bytes) was probably meant to be; NULL where none is near. */
const char *diagnostic_near(const char *word, size_t length, const char *const *words);

#endif
