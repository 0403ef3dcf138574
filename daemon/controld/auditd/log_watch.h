/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Follows auditd's log from its end at the time of log_watch_new(): through rotation, truncation, and lines that are
 * written in parts. Every record that auditd writes from then on is returned once, unless its file was rotated and
 * removed before it could be read. If another file takes the log's place, it is read from its beginning.
 *
 * Never waits for anything but the disk. For the process that carries out one request. Not thread-safe.
 */
#ifndef AUDITFAIL_LOG_WATCH_H
#define AUDITFAIL_LOG_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_LINE_MAX (2 * 8970 + 1024) /* a record (MAX_AUDIT_MESSAGE_LENGTH) with what log_format = ENRICHED adds */

struct log_watch;

/* A record of the log. Its pointers point into LINE. */
struct log_record {
        const char *line; /* without the newline; NUL-terminated */
        size_t length;
        const char *type; /* "DAEMON_END"; not NUL-terminated */
        size_t type_length;
        uint64_t seconds, serial; /* of msg=audit(SECONDS.MILLI:SERIAL) */
        unsigned milliseconds;
        const char *body; /* after "): " */
};

/*
 * Parses LINE of LENGTH bytes, with a NUL behind them. Returns false for what is no record: "type=T msg=audit(S.M:N):
 * ", perhaps after "node=X ", and no NUL inside.
 */
bool log_record_parse(const char *line, size_t length, struct log_record *ret);

/*
 * Finds the number of FIELD ("auid") in the part of the body that the kernel or auditd wrote, which senders cannot
 * forge: before " msg='" in a user's record, and before the \x1d that log_format = ENRICHED adds. The first such field
 * counts. "-1" is read as 4294967295. Returns false if the field is missing or no number.
 */
bool log_record_number(const struct log_record *record, const char *field, uint64_t *ret);

/*
 * Begins at the end of the file PATH, or at the beginning of the one that will appear there. Its folder must exist. A
 * line that has begun by then is skipped. Returns 0 or a negative errno: -ELOOP for a symbolic link, which auditd does
 * not write to either; -EINVAL for what is no regular file.
 */
int log_watch_new(const char *path, struct log_watch **ret);
struct log_watch *log_watch_free(struct log_watch *watch); /* returns NULL; NULL is fine */

/*
 * Reads the next record, which is valid until the next call. Skips lines that are no record or have more than
 * LOG_LINE_MAX bytes. Returns 1 (*RET is it), 0 (none now), or a negative errno.
 */
int log_watch_next(struct log_watch *watch, struct log_record *ret);

/* A descriptor for poll(2). It becomes readable when the log may have more, after log_watch_next() has returned 0. */
int log_watch_fd(const struct log_watch *watch);

/*
 * Syncs the last record, and all before it in its file, to disk. The first sync of a file syncs the folder as well, in
 * case the file is new. Returns 0 or a negative errno.
 */
int log_watch_sync(struct log_watch *watch);

#endif
