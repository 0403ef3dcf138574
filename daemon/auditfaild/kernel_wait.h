/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls whose reply needs to know what the kernel does with records: it comes when auditfail-controld has said so. */
#ifndef AUDITFAIL_KERNEL_WAIT_H
#define AUDITFAIL_KERNEL_WAIT_H

#include "daemon/auditfaild/kernel_check.h"
#include "daemon/auditfaild/state.h"

#define KERNEL_WAIT_BURST 100 /* questions on behalf of one user other than root in RATELIMIT_INTERVAL_USEC */

/* Sends the reply. ANSWER: NULL where nobody was asked, or did not answer. */
typedef void kernel_wait_fn(struct connection *connection, const struct auditfaild *daemon, unsigned type,
                            const struct kernel_answer *answer);

/*
 * Answers the call that is being served over CONNECTION by REPLY, with what the kernel does with records of TYPE (0:
 * any) of process PID: at once where nobody can be asked, or where the caller's user has asked too often.
 */
void kernel_wait(struct connection *connection, const struct auditfaild *daemon, unsigned type, pid_t pid,
                 kernel_wait_fn *reply);

#endif
