/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors that a process keeps when it changes its root by chroot(2): behind it there is no way to the daemon's
 * socket and to the snapshot. They are close-on-exec and above KEEP_MIN, where no program expects its next file.
 *
 * Everything here allocates nothing, is async-signal-safe and thread-safe, and may change errno.
 */
#ifndef AUDITFAIL_KEEP_H
#define AUDITFAIL_KEEP_H

#include <stdbool.h>
#include <stdint.h>

#define KEEP_MIN 64

enum kept { KEPT_CONNECTION, KEPT_SNAPSHOT, KEPT_COUNT };

/* Keeps a copy of FD, unless one is kept already. Without a descriptor to spare nothing is kept. */
void keep(enum kept which, int fd);

/* Whether one is kept. The program may have closed it meanwhile, and opened another file of that number. */
bool keep_has(enum kept which);

/*
 * Takes the connection out, so that one thread alone uses it; keep_connection_back() puts it in again. Returns -ENOENT
 * where there is none, and in a child, which shares it with its parent.
 */
int keep_connection(void);
void keep_connection_back(int fd);

/* The snapshot, for pread(2) alone, and its size; -ENOENT where there is none. It stays kept. */
int keep_snapshot(uint64_t *ret_size);

#endif
