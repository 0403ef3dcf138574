/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Problems of policy files, printed like those of a compiler:
 *
 *      /etc/auditfail/passwd.conf:3:1: error: unknown action "terminat", expected ignore, log or terminate
 *          terminat
 *          ^~~~~~~~
 *          did you mean "terminate"?
 *
 * A list keeps the first DIAGNOSTICS_MAX problems and counts the others. So a million bad files take little memory.
 */
#ifndef AUDITFAIL_DIAGNOSTIC_H
#define AUDITFAIL_DIAGNOSTIC_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define DIAGNOSTICS_MAX        256
#define DIAGNOSTIC_TEXT_MAX    160                  /* bytes of the offending line that are kept */
#define DIAGNOSTIC_MESSAGE_MAX (2 * PATH_MAX + 256) /* two paths, and the text around them; with the NUL */

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

struct diagnostic {
        enum severity severity;
        unsigned line, column, width; /* from 1, in bytes; line 0: the whole file. width: of the underlined part */
        const char *file;
        const char *message;
        const char *expected;   /* or NULL */
        const char *suggestion; /* what the author may have meant, or NULL */
        const char *text;       /* the offending line, or NULL */
        void *memory;           /* of the strings; belongs to the list */
};

struct diagnostics {
        struct diagnostic *items;
        size_t count, allocated;
        size_t omitted; /* problems beyond DIAGNOSTICS_MAX */
        size_t errors;  /* of all, kept or not */
};

#define DIAGNOSTICS_NULL ((struct diagnostics){ 0 })

/*
 * Adds a copy of PROBLEM. TEXT is the offending line of TEXT_LENGTH bytes, or NULL. After DIAGNOSTIC_TEXT_MAX bytes it
 * is cut off with "...", and a NUL becomes U+2400. If memory is short, the problem only counts as omitted (and as an
 * error).
 */
void diagnostics_add(struct diagnostics *list, const struct diagnostic *problem, const char *text, size_t text_length);

/* Adds an error of FILE as a whole. EXPECTED may be NULL or "". A longer message than DIAGNOSTIC_MESSAGE_MAX is cut
 * off. */
__attribute__((format(printf, 4, 5))) void diagnostics_error(struct diagnostics *list, const char *file,
                                                             const char *expected, const char *format, ...);

/* Sorts by file, line and column, so that the same problems always have the same order. */
void diagnostics_sort(struct diagnostics *list);

/* Frees all items of LIST and leaves it empty. */
void diagnostics_clear(struct diagnostics *list);

/*
 * Prints a problem as above. Prints \xNN for bytes that could confuse a terminal or forge a log line: control
 * characters, marks that reverse the direction of text, and bytes that are no UTF-8. COLOUR: with ANSI colours.
 */
void diagnostic_print(FILE *stream, const struct diagnostic *problem, bool colour);

/*
 * Returns "FILE:LINE:COLUMN: error: MESSAGE, expected EXPECTED" in one line, sanitised in the same way. The caller
 * frees it. NULL: no memory.
 */
char *diagnostic_line(const struct diagnostic *problem);

#endif
