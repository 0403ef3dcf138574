/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether this process has changed its root by chroot(2). Whoever made the new root chooses what has the name of the
 * daemon's socket, of the snapshot and of the journal's socket there: nothing in it is asked about the policy.
 *
 * Allocates nothing, async-signal-safe, may change errno. A child inherits what is known; a program that is
 * executed does not, and belongs to the new root.
 */
#ifndef AUDITFAIL_ROOT_H
#define AUDITFAIL_ROOT_H

#include <stdbool.h>

/* In front of chroot(): remembers the root that the process has, unless one is remembered already. 1 system call. */
void root_remember(void);

/* Behind chroot(), whether or not it succeeded: looks which root that is. 1 system call. */
void root_look(void);

/* Whether the root is another one than that which is remembered. No system call. */
bool root_is_other(void);

#endif
