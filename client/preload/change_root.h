/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For programs that change their root before they open audit, as useradd(8) does with --root. */
#ifndef AUDITFAIL_CHANGE_ROOT_H
#define AUDITFAIL_CHANGE_ROOT_H

/*
 * Call before chroot(2). Keeps the snapshot and a connection to the log open (kept_fd.h), so that the policy of now
 * applies in the new root, too, and a loss is reported. About ten system calls the first time, three later; none waits.
 * Keeps errno, allocates nothing, thread-safe, no cancellation point.
 */
void change_root_prepare(void);

/* Call after chroot(2), even if it failed. If the root is another one now, only the kept descriptors are used. */
void change_root_done(void);

#endif
