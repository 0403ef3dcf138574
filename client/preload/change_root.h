/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that changes its root before it opens audit. */
#ifndef AUDITFAIL_CHANGE_ROOT_H
#define AUDITFAIL_CHANGE_ROOT_H

/*
 * Keeps a connection to auditfaild and the snapshot open (libauditfail's keep.h), so that the policy in force answers
 * behind chroot(2), too. Takes 100 ms at most. Keeps errno, allocates nothing, thread-safe, no cancellation point.
 */
void change_root_prepare(void);

#endif
