/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A transaction on fake_machine.h, as far as the signal. */
#ifndef AUDITFAIL_FAKE_TRANSACTION_H
#define AUDITFAIL_FAKE_TRANSACTION_H

#include "daemon/controld/auditd/transaction.h"
#include "tests/daemon/controld/auditd/fake_machine.h"

/* Records the request TASK, and signals. */
static struct transaction transaction;

static inline bool run(const struct task *task) {
        transaction = (struct transaction){
                .task = task,
                .channel = machine.channel,
                .auditd = { .pid = machine.auditd, .process = dup(machine.process), .program = "auditd" },
        };
        return transaction_record(&transaction) && transaction_signal(&transaction, SIGTERM);
}

#define TASK                                                                                                           \
        MACHINE;                                                                                                       \
        struct task task = request_to(OPERATION_STOP)

/* That nothing was signalled. */
static inline void expect_no_signal(void) {
        cr_expect_null(strstr(machine.trace, "signal"), "%s", machine.trace);
        cr_expect_not(transaction.signalled);
}

#endif
