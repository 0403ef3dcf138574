/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The operation restart: stops auditd, and makes systemd start it again. */
#ifndef AUDITFAIL_RESTART_H
#define AUDITFAIL_RESTART_H

#include "daemon/controld/auditd/transaction.h"

/* Carries the operation out after its record. Sends the last message. */
void restart_carry_out(struct transaction *transaction);

#endif
