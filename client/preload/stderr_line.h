/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A line on stderr that does no harm, whatever descriptor 2 is by now. */
#ifndef AUDITFAIL_STDERR_LINE_H
#define AUDITFAIL_STDERR_LINE_H

#include <stdbool.h>

#define STDERR_LINE_MAX        640  /* bytes with the newline; below PIPE_BUF, so that poll() tells whether it fits */
#define STDERR_LINE_TIMEOUT_MS 1000 /* longest wait for a reader */

/*
 * Writes TEXT (shorter than STDERR_LINE_MAX) and a newline with one system call. Writes nothing if the program has
 * closed stderr or replaced it by another file, or if no reader makes room in time. Raises neither SIGPIPE nor
 * SIGTTOU. Thread-safe, allocates nothing; may change errno.
 */
void stderr_line(const char *text);

/* Whether stderr is a terminal. May change errno. */
bool stderr_line_is_seen(void);

#endif
