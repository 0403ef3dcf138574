/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Output of a command line program: results go to stdout, errors to stderr. Functions that need memory end the program
 * with EXIT_FAILURE without it.
 */
#ifndef AUDITFAIL_TEXT_H
#define AUDITFAIL_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

_Noreturn void out_of_memory(void);

/*
 * Prints "PROGRAM: MESSAGE" to stderr. Returns STATUS, an exit status, so that a caller can print an error and return
 * in one statement.
 */
__attribute__((format(printf, 2, 3))) int complain(int status, const char *format, ...);

/* Flushes stdout. Returns false after an error message if output was lost, now or earlier. */
bool output_flush(void);

/*
 * Returns a copy of TEXT that a terminal shows and does not obey. Bytes that are no character of the locale become
 * \xNN, and so do characters without a width: control characters, and marks that change the direction of writing. The
 * caller frees the copy.
 */
char *text_safe(const char *text);

/* As text_safe(), in one line: " / " separates the lines of TEXT. Empty lines are left out. */
char *text_line(const char *text);

/* vprintf() and printf() to memory, which the caller frees. */
__attribute__((format(printf, 1, 0))) char *text_vformat(const char *format, va_list arguments);
__attribute__((format(printf, 1, 2))) char *text_format(const char *format, ...);

/* Appends to *TEXT, which may move. NULL counts as empty. */
__attribute__((format(printf, 2, 3))) void text_append(char **text, const char *format, ...);

/* Returns "no errors", "1 error", "2 errors". The caller frees it. */
char *text_count(long long number, const char *noun);

/*
 * Returns "; did you mean \"--json\"?" with PREFIX and the one of the NULL-terminated WORDS that is most similar to
 * WORD (LENGTH bytes), or "" if none is similar. The caller frees it.
 */
char *text_suggestion(const char *word, size_t length, const char *prefix, const char *const *words);

/* Returns "2026-11-21 10:00:30", in local time, for TIMESTAMP in microseconds since 1970. The caller frees it. */
char *text_time(int64_t timestamp);

/* Reads TEXT as seconds, from 0.001 to MAX, into *RET_MS in milliseconds. Returns false if it is no such number. */
bool text_seconds(const char *text, int max, int *ret_ms);

enum emphasis { EMPHASIS_NONE, EMPHASIS_BOLD, EMPHASIS_FAINT, EMPHASIS_GOOD, EMPHASIS_NOTICE, EMPHASIS_BAD };

/* Returns what to print before and after text with EMPHASIS: "" unless COLOUR. */
const char *text_begin(bool colour, enum emphasis emphasis);
const char *text_end(bool colour, enum emphasis emphasis);

#endif
