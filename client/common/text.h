/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text for people: safe to show, as wide as it looks, coloured where that is wanted.
 *
 * Functions that need memory end the program with EXIT_FAILURE when there is none.
 */
#ifndef AUDITFAIL_TEXT_H
#define AUDITFAIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

_Noreturn void out_of_memory(void);

/*
 * A copy of TEXT that a terminal shows and does not obey: bytes that are no character of the locale, and characters
 * that take no column of their own (controls, marks that turn the direction of writing) come out as \xNN. The caller
 * frees it.
 */
char *text_safe(const char *text);

/* The same in one line: " / " stands for the end of each but the last. */
char *text_line(const char *text);

/* printf() into memory that the caller frees. */
__attribute__((format(printf, 1, 2))) char *text_format(const char *format, ...);

/* The same, added to the end of *TEXT (NULL: empty), which may move. */
__attribute__((format(printf, 2, 3))) void text_append(char **text, const char *format, ...);

/* "no errors", "1 error", "2 errors". The caller frees it. */
char *text_count(long long number, const char *noun);

/* The number of seconds that TEXT is, from 0.001 to MAX, in milliseconds; false: it is none. */
bool text_seconds(const char *text, int max, int *ret_ms);

enum emphasis { EMPHASIS_NONE, EMPHASIS_BOLD, EMPHASIS_FAINT, EMPHASIS_GOOD, EMPHASIS_NOTICE, EMPHASIS_BAD };

/* What to print before and after text with EMPHASIS; nothing (""), unless COLOUR. */
const char *text_begin(bool colour, enum emphasis emphasis);
const char *text_end(bool colour, enum emphasis emphasis);

#endif
