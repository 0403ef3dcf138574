/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the daemon has to say about itself: to the journal, or to stderr as one line each. */
#ifndef AUDITFAIL_LOG_H
#define AUDITFAIL_LOG_H

#include <stdbool.h>
#include <syslog.h>

/* Where it goes from now on, for the whole process. Before the first call: stderr. Not thread-safe. */
void log_to_journal(bool journal);

/*
 * Logs one message of PRIORITY (LOG_ERR and so on). Every control character in it becomes '?', so that no text from
 * outside can start a line of its own. Keeps errno, which FORMAT may use as %m. Thread-safe.
 */
void log_line(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same with a message id, such as those of message_ids.h ("…_STR" form, 32 hex digits), which the catalog explains.
 */
void log_event(int priority, const char *message_id, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
