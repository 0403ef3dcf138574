/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A line on stderr, which does no harm whatever stderr is by now. */
#ifndef AUDITFAIL_SAY_H
#define AUDITFAIL_SAY_H

#include <stdbool.h>

#define SAY_MAX        640  /* bytes of a line with its newline; below PIPE_BUF, so that poll() says whether it fits */
#define SAY_TIMEOUT_MS 1000 /* longest wait for a reader of stderr */

/*
 * Writes TEXT (shorter than SAY_MAX) and a newline with one system call, unless the program has closed stderr or put a
 * file of its own into its place, or nobody reads it for SAY_TIMEOUT_MS. Raises neither SIGPIPE nor SIGTTOU.
 * Thread-safe, allocates nothing; may change errno.
 */
void say(const char *text);

/* Whether what we say is seen by a person. May change errno. */
bool say_is_seen(void);

#endif
