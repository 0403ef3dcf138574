/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that changes its root before it opens audit. */
#ifndef AUDITFAIL_CHANGE_ROOT_H
#define AUDITFAIL_CHANGE_ROOT_H

/*
 * In front of chroot(2): keeps the snapshot and a way to the log open (libauditfail's keep.h), so that the policy of
 * now answers behind it, too, and a loss is reported. About ten system calls the first time, three later on; none of
 * them waits. Keeps errno, allocates nothing, thread-safe, no cancellation point.
 */
void change_root_prepare(void);

/* Behind it, whether or not it succeeded: from here on only what was kept counts, unless the root is the same. */
void change_root_done(void);

#endif
