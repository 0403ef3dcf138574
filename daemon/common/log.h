/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon's log messages: to the journal, or to stderr as one line each. */
#ifndef AUDITFAIL_LOG_H
#define AUDITFAIL_LOG_H

#include <stdbool.h>
#include <syslog.h>

/* Sets where messages go from now on; before the first call, stderr. Not thread-safe. */
void log_to_journal(bool journal);

/* Replaces each control character in TEXT (C0, DEL, and C1 in UTF-8) by '?'. */
void log_sanitize(char *text);

/*
 * Logs one message of PRIORITY (LOG_ERR and so on), sanitized: text from outside cannot start a line. MESSAGE_ID (the
 * "..._STR" form of message_ids.h, which the journal's catalog explains) may be NULL. Keeps errno, and FORMAT may use
 * it as %m. Thread-safe.
 */
void log_event(int priority, const char *message_id, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same without a message id. */
#define log_line(priority, ...) log_event(priority, NULL, __VA_ARGS__)

#endif
