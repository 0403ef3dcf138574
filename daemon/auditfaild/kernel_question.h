/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel does with a process's audit records. Only a process with CAP_AUDIT_CONTROL may ask the kernel, and
 * auditfaild does not have it. So it asks auditfail-controld, and the caller's connection waits for that reply.
 */
#ifndef AUDITFAIL_KERNEL_QUESTION_H
#define AUDITFAIL_KERNEL_QUESTION_H

#include "daemon/auditfaild/state.h"

#define KERNEL_QUESTION_USEC    700000ULL /* less than libauditfail waits for our reply */
#define KERNEL_QUESTION_BURST   100       /* questions for one user other than root in RATELIMIT_INTERVAL_USEC */
#define KERNEL_QUESTIONS_OTHERS 8         /* at once, for all users other than root */

struct kernel_answer {
        bool enabled;  /* auditing is on */
        bool excluded; /* a rule drops the process's records of that type */
        bool pressed;  /* a record could be lost now */
        uint32_t lost; /* the kernel's counter of lost records */
};

/* Sends the reply to the call. ANSWER is NULL if there is none. */
typedef void kernel_reply(struct connection *connection, const struct auditfaild *daemon, unsigned type,
                          const struct kernel_answer *answer);

/*
 * Asks about records of TYPE (0: any) of process PID, and calls REPLY once for the call that CONNECTION waits for.
 * Calls it at once, without an answer, if auditfail-controld does not listen, the caller's user has asked too often, or
 * too many questions of users other than root are open.
 */
void kernel_question(struct connection *connection, const struct auditfaild *daemon, unsigned type, pid_t pid,
                     kernel_reply *reply);

#endif
