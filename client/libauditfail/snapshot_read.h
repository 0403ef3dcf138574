/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads answers from the snapshot (protocol/snapshot.h), if the daemon does not answer. */
#ifndef AUDITFAIL_SNAPSHOT_READ_H
#define AUDITFAIL_SNAPSHOT_READ_H

#include <stdint.h>

#include "auditfail.h"
#include "protocol/vocabulary.h"

/*
 * Looks up APPLICATION (LENGTH bytes), and then "default", in the snapshot in FOLDER. After chroot(), looks in the kept
 * snapshot (kept_fd.h). Fills in ANSWER; without a policy for either name, the action is terminate. Returns 0, or a
 * negative errno and leaves ANSWER as it was:
 *  -ENOENT   there is no snapshot
 *  -EPERM    another user could have written it
 *  -EBADMSG  it is cut off or malformed
 *
 * Allocates nothing, async-signal-safe, thread-safe; leaves no descriptor open; may change errno.
 */
int snapshot_read(const char *folder, const char *application, size_t length, enum kind kind,
                  struct auditfail_answer *answer);

/* Opens the snapshot in FOLDER, if it can be trusted. Returns a descriptor, or a negative errno as above. */
int snapshot_open(const char *folder, uint64_t *ret_size);

/* Like snapshot_read(), but reads the open file FD of SIZE bytes, and trusts it. */
int snapshot_look_up(int fd, uint64_t size, const char *application, size_t length, enum kind kind,
                     struct auditfail_answer *answer);

/*
 * Looks up the longest wait of APPLICATION for the kernel's queue, in seconds. Returns 0 if there is no bound, if that
 * cannot be found out, and after chroot(). Six system calls if the application has a file; otherwise about eight.
 */
unsigned snapshot_wait(const char *folder, const char *application, size_t length);

#endif
