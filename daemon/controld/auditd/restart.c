/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/restart.h"

#include <stdio.h>

#include "daemon/controld/auditd/auditd_unit.h"
#include "daemon/controld/auditd/signal_effect.h"

#define NEW_PID_USEC     50000ULL /* between two questions for the new audit daemon */
#define START_AGAIN_USEC 2000000ULL
#define SYSTEMD_USEC     2000000ULL /* for a question to systemd */
#define DETAIL_MAX       1024

/* Waits until another audit daemon registers with the kernel. Returns its pid, or 0 at UNTIL_USEC. */
static pid_t await_registered(const struct transaction *transaction, uint64_t until_usec) {
        struct audit_state kernel;

        while (transaction_now(transaction) < until_usec) {
                if (transaction->machine->kernel_audit_ask(until_usec, &kernel) == 0 && kernel.auditd != 0 &&
                    kernel.auditd != transaction->auditd.pid)
                        return kernel.auditd;
                transaction->machine->usleep(NEW_PID_USEC);
        }
        return 0;
}

/* The pid of another auditd, which runs as the unit and is not registered; 0: none. DETAIL says what that means. */
static pid_t find_unregistered(const struct transaction *transaction, char *detail, size_t size) {
        struct auditd auditd;

        if (!auditd_unit_find(transaction->machine, transaction_now(transaction) + SYSTEMD_USEC, &auditd))
                return 0;
        auditd_close(&auditd);
        if (auditd.pid == transaction->auditd.pid)
                return 0;
        snprintf(detail, size, "auditd gets no records of this machine (see local_events in auditd.conf)");
        return auditd.pid;
}

/* Fails with the best known reason: the rules did not load, systemd is still starting auditd, or WHY. */
static void fail_not_started(struct transaction *transaction, const char *why) {
        uint64_t deadline = transaction_now(transaction) + SYSTEMD_USEC; /* the task's may be over */
        char reason[DETAIL_MAX / 2];

        if (auditd_unit_has_no_rules(transaction->machine, deadline, reason, sizeof(reason)) ||
            auditd_unit_is_pending(transaction->machine, deadline, reason, sizeof(reason)))
                why = reason;
        transaction_fail(transaction, FAILURE_NOT_STARTED, "%s", why);
}

/*
 * systemd does nothing for a unit that it takes to be running, and may notice the end of auditd later than the worker
 * does. So it is asked again if no auditd appears.
 */
void restart_carry_out(struct transaction *transaction) {
        const struct machine *machine = transaction->machine;
        uint64_t deadline = transaction->task->deadline_usec;
        char why[DETAIL_MAX / 2], detail[DETAIL_MAX / 2] = "";
        struct worker_message message = { .step = STEP_DONE, .detail = detail };

        /* After the record, so that the trail has this refusal as well. */
        if (auditd_unit_stays_down(machine, deadline, why, sizeof(why))) {
                transaction_fail(transaction, FAILURE_FAILED, "%s", why);
                return;
        }
        if (!signal_effect_end(transaction))
                return;
        transaction_step(transaction, STEP_STARTING, NULL);
        while (message.auditd == 0 && transaction_now(transaction) < deadline) {
                if (!machine->unit_start(UNIT_AUDITD, deadline, why, sizeof(why))) {
                        fail_not_started(transaction, why);
                        return;
                }

                /* From now on: units that auditd.service requires took their time to start. */
                uint64_t until = transaction_now(transaction) + START_AGAIN_USEC;

                message.auditd = await_registered(transaction, until < deadline ? until : deadline);
                if (message.auditd == 0)
                        message.auditd = find_unregistered(transaction, detail, sizeof(detail));
        }
        if (message.auditd == 0)
                fail_not_started(transaction,
                                 "systemd has started " UNIT_AUDITD ", but no audit daemon has registered itself");
        else if (auditd_unit_has_no_rules(machine, deadline, why, sizeof(why)))
                transaction_fail(transaction, FAILURE_RULES_NOT_LOADED, "auditd (pid %d) runs; %s", message.auditd,
                                 why);
        else
                transaction_send(transaction, &message);
}
