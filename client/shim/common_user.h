/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells ordinary users' processes, which can never write an audit record, from processes that fail to write one. */
#ifndef AUDITFAIL_COMMON_USER_H
#define AUDITFAIL_COMMON_USER_H

#include <stdbool.h>

/*
 * Whether the kernel refuses records with ERROR because this thread has no CAP_AUDIT_WRITE and cannot get it. libaudit
 * calls that a common user, and hides EPERM from it. An example is a user's screen locker, which must not end: that
 * would leave the screen unlocked.
 *
 * A process is no common user if it has dropped CAP_AUDIT_WRITE or root, but may take it back: a daemon in seteuid(),
 * or a service that holds the capability behind a system call filter. Nor is root without the capability. Keeps
 * errno, allocates nothing, async-signal-safe, thread-safe.
 */
bool is_common_user(int error);

#endif
