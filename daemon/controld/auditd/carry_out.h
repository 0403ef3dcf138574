/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a worker does for each operation: record the request, signal auditd, and see what auditd then did. */
#ifndef AUDITFAIL_CARRY_OUT_H
#define AUDITFAIL_CARRY_OUT_H

#include "daemon/controld/auditd/machine.h"
#include "daemon/controld/auditd/task.h"

/*
 * Carries out TASK on MACHINE, in a separate process: it waits, and changes the login of the process for good. Sends
 * what happens to the socket CHANNEL; the last message has STEP_DONE or a failure. Until auditd has the signal, the end
 * of what can be read from CHANNEL cancels the task.
 */
void carry_out(const struct machine *machine, const struct task *task, int channel);

#endif
