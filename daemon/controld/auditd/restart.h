/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The operation restart: stops auditd, and makes systemd start it again. */
#ifndef AUDITFAIL_RESTART_H
#define AUDITFAIL_RESTART_H

#include "daemon/controld/auditd/transaction.h"

/*
 * Carries the operation out after its record. Sends the last message before the deadline. If auditd does not run by
 * then because the time was too short, this goes on for up to 10 minutes, and sends one more message for the log.
 */
void restart_carry_out(struct transaction *transaction);

#endif
