/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Follows the records in auditd's log from where it ended when the watch began, through rotation (the file gets another
 * name, a new one has its place), truncation, and lines of which a part has come. No record that auditd wrote after the
 * beginning is missed, unless it was rotated out of existence before anybody looked; none is seen twice. A file that
 * somebody else puts in the log's place is read from its beginning.
 *
 * A reader that never waits, for the process that carries out one request. Not thread-safe.
 */
#ifndef AUDITFAIL_LOG_WATCH_H
#define AUDITFAIL_LOG_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_LINE_MAX (2 * 8970 + 1024) /* a record (MAX_AUDIT_MESSAGE_LENGTH) with what log_format = ENRICHED adds */

struct log_watch;

/* A record as it stands in the log. Points into the line that it was read from. */
struct log_record {
        const char *line; /* without the newline; NUL-terminated */
        size_t length;
        const char *type; /* "DAEMON_END"; not NUL-terminated */
        size_t type_length;
        uint64_t seconds, serial; /* of msg=audit(SECONDS.MILLI:SERIAL) */
        unsigned milliseconds;
        const char *body; /* what follows "): " */
};

/*
 * Reads LINE of LENGTH bytes (NUL-terminated). false: this is no record ("type=T msg=audit(S.M:N): ", after "node=X ",
 * and no NUL).
 */
bool log_record_parse(const char *line, size_t length, struct log_record *ret);

/*
 * The number that FIELD ("auid") has in the part of the body that the kernel, or auditd, wrote: before " msg='" for a
 * user's record, and before the \x1d that log_format = ENRICHED adds. The first one counts. false: it is not there, or
 * no number. "-1" and 4294967295 both are 4294967295.
 */
bool log_record_number(const struct log_record *record, const char *field, uint64_t *ret);

/*
 * Begins at the end of the file PATH (in a folder that exists), or at the beginning of the one that will be there; of a
 * line that has only begun by then, nothing is seen. Returns 0 or a negative errno: -ELOOP for a symbolic link, which
 * auditd does not write to either, -EINVAL for what is no regular file.
 */
int log_watch_new(const char *path, struct log_watch **ret);
struct log_watch *log_watch_free(struct log_watch *watch); /* returns NULL; NULL is fine */

/*
 * The next record, which is valid until the next call; lines that are no record, or have more than LOG_LINE_MAX bytes,
 * are left out. 1: *RET is it; 0: there is none now; or a negative errno. Never waits for anything but the disk.
 */
int log_watch_next(struct log_watch *watch, struct log_record *ret);

/*
 * A descriptor that becomes readable when there may be more (inotify): for poll(2), once log_watch_next() has said that
 * there is none.
 */
int log_watch_fd(const struct log_watch *watch);

/*
 * Puts the last record, and what stands before it in its file, on disk: fdatasync on that file, the first time fsync of
 * the folder, too, in case the file is new. Returns 0 or a negative errno.
 */
int log_watch_sync(struct log_watch *watch);

#endif
