/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who could never write an audit record, so that nothing has failed where one is refused. */
#ifndef AUDITFAIL_COMMON_USER_H
#define AUDITFAIL_COMMON_USER_H

#include <stdbool.h>

/*
 * Whether this thread is that of a common user, as libaudit calls it when it hides EPERM: records are refused with
 * ERROR since it has no CAP_AUDIT_WRITE, and cannot get it. An ordinary user's screen locker, say, which would leave
 * the screen unlocked if it ended.
 *
 * Who has put CAP_AUDIT_WRITE or root aside, but is permitted to take it up again, is none: a daemon in seteuid(), or a
 * service that holds the capability behind a filter of system calls. Nor is root without the capability: something
 * took it away. Keeps errno, allocates nothing, async-signal-safe, thread-safe.
 */
bool is_common_user(int error);

#endif
