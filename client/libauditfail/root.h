/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether this process has changed its root by chroot(2). The creator of the new root controls the files that have the
 * names of the daemon's socket, the snapshot and the journal's socket. So the library does not trust these files.
 *
 * Every function allocates nothing, is async-signal-safe, and may change errno. A child of fork() inherits the state. A
 * program that it executes does not: that program belongs to the new root.
 */
#ifndef AUDITFAIL_ROOT_H
#define AUDITFAIL_ROOT_H

#include <stdbool.h>

/* Call before chroot(): stores the current root, unless one is stored already. 1 system call. */
void root_remember(void);

/* Call after chroot(), even if it failed: compares the current root with the stored one. 1 system call. */
void root_look(void);

/* Whether the last comparison found another root. No system call. */
bool root_is_other(void);

#endif
