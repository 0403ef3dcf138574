/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An answer from the snapshot (protocol/snapshot.h), by a program that no daemon answered. */
#ifndef AUDITFAIL_SNAPSHOT_READ_H
#define AUDITFAIL_SNAPSHOT_READ_H

#include <stdint.h>

#include "auditfail.h"
#include "protocol/vocabulary.h"

/*
 * Looks up APPLICATION (LENGTH bytes), and "default" after it, in the snapshot in FOLDER, or behind chroot() in the one
 * that was kept (keep.h), and fills in ANSWER. Returns
 * 0, or a negative errno: -ENOENT where there is no snapshot; -EPERM where somebody who may not has written it, or
 * could have; -EBADMSG where it is torn or malformed. A snapshot without a policy for either name says terminate. After
 * an error ANSWER is as it was.
 *
 * Allocates nothing, async-signal-safe, thread-safe; leaves no descriptor open; may change errno.
 */
int snapshot_read(const char *folder, const char *application, size_t length, enum kind kind,
                  struct auditfail_answer *answer);

/* Opens the snapshot in FOLDER, if it can be trusted. Returns a descriptor, or a negative errno as above. */
int snapshot_open(const char *folder, uint64_t *ret_size);

/* The same as snapshot_read() in the open file FD of SIZE bytes, whoever may have written it. */
int snapshot_look_up(int fd, uint64_t size, const char *application, size_t length, enum kind kind,
                     struct auditfail_answer *answer);

#endif
