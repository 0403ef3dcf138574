/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/restart.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "daemon/controld/auditd/auditd_unit.h"
#include "daemon/controld/auditd/signal_effect.h"

#define NEW_PID_USEC     50000ULL /* between two questions for the new audit daemon */
#define START_AGAIN_USEC 2000000ULL
#define SYSTEMD_USEC     2000000ULL   /* for a question to systemd */
#define LATER_USEC       600000000ULL /* after the deadline */
#define DETAIL_MAX       1024

/*
 * Waits until an auditd is registered with the kernel. The old one has ended, so it is another process, even if it has
 * the same pid. Returns its pid, or 0 at UNTIL_USEC. Then WHY names another program that is the audit daemon.
 */
static pid_t await_registered(const struct transaction *transaction, uint64_t until_usec, char *why, size_t size) {
        enum request_failure failure = FAILURE_NO_AUDIT_DAEMON;
        struct auditd found = { .process = -1 };
        int error;

        while (failure != FAILURE_NONE && transaction_now(transaction) < until_usec) {
                failure = transaction->machine->auditd_find(until_usec, &found, &error);
                auditd_close(&found);
                if (failure == FAILURE_OTHER_AUDIT_DAEMON)
                        snprintf(why, size, "another program is the audit daemon now: %s (pid %d)", found.program,
                                 found.pid);
                if (failure != FAILURE_NONE)
                        transaction->machine->usleep(NEW_PID_USEC);
        }
        return failure == FAILURE_NONE ? found.pid : 0;
}

/* The pid of an auditd that runs as the unit and is not registered; 0: none. DETAIL says what that means. */
static pid_t find_unregistered(const struct transaction *transaction, char *detail, size_t size) {
        struct auditd auditd;

        if (!auditd_unit_find(transaction->machine, transaction_now(transaction) + SYSTEMD_USEC, &auditd))
                return 0;
        auditd_close(&auditd);
        snprintf(detail, size, "auditd gets no records of this machine (see local_events in auditd.conf)");
        return auditd.pid;
}

/*
 * Waits until systemd has run what follows the start (ExecStartPost=). If systemd itself has started auditd again, no
 * job was waited for. Before audit 4, the rules are loaded then.
 */
static void await_active(const struct transaction *transaction, uint64_t deadline_usec) {
        struct unit unit;

        while (transaction_now(transaction) < deadline_usec &&
               transaction->machine->unit_read(UNIT_AUDITD, deadline_usec, &unit) == 0 &&
               strcmp(unit.active, "activating") == 0)
                transaction->machine->usleep(NEW_PID_USEC);
}

/*
 * Makes systemd start auditd, and waits for it until DEADLINE_USEC. Returns its pid, or 0 with WHY. DETAIL is a problem
 * of an auditd that runs.
 *
 * systemd does nothing for a unit that it takes to be running, and may notice the end of auditd later than the worker
 * does. So it is asked again if no auditd appears.
 */
static pid_t start(const struct transaction *transaction, uint64_t deadline_usec, char why[static DETAIL_MAX / 2],
                   char detail[static DETAIL_MAX / 2]) {
        pid_t pid = 0;

        while (pid == 0 && transaction_now(transaction) < deadline_usec) {
                if (!transaction->machine->unit_start(UNIT_AUDITD, deadline_usec, why, DETAIL_MAX / 2))
                        return 0;
                snprintf(why, DETAIL_MAX / 2,
                         "systemd has started " UNIT_AUDITD ", but no audit daemon has registered itself");

                /* From now on: units that auditd.service requires took their time to start. */
                uint64_t until = transaction_now(transaction) + START_AGAIN_USEC;

                pid = await_registered(transaction, until < deadline_usec ? until : deadline_usec, why, DETAIL_MAX / 2);
                if (pid == 0)
                        pid = find_unregistered(transaction, detail, DETAIL_MAX / 2);
        }
        if (pid > 0)
                await_active(transaction, deadline_usec);
        return pid;
}

/* Fails with the best known reason: the rules did not load, systemd is still starting auditd, or WHY. */
static void fail_not_started(struct transaction *transaction, const char *why) {
        uint64_t deadline = transaction_now(transaction) + SYSTEMD_USEC; /* the task's may be over */
        char reason[DETAIL_MAX / 2];

        if (auditd_unit_has_no_rules(transaction->machine, deadline, reason, sizeof(reason)) ||
            auditd_unit_starts_later(transaction->machine, deadline, reason, sizeof(reason)))
                why = reason;
        transaction_fail(transaction, FAILURE_NOT_STARTED, "%s", why);
}

/*
 * The request has failed because its time is over. The machine must not stay without auditd for that reason: this waits
 * until auditd has ended, and makes systemd start it.
 */
static void start_later(struct transaction *transaction) {
        uint64_t deadline = transaction_now(transaction) + transaction->goes_on_usec;
        char why[DETAIL_MAX / 2], detail[DETAIL_MAX / 2], text[DETAIL_MAX];
        struct worker_message message = { .step = STEP_DONE, .detail = text };
        struct pollfd process = { .fd = transaction->auditd.process, .events = POLLIN };
        pid_t pid;

        while (!auditd_has_ended(&transaction->auditd) && transaction_now(transaction) < deadline)
                transaction->machine->poll(&process, 1, 1000);
        snprintf(why, sizeof(why), "auditd (pid %d) has not ended", transaction->auditd.pid);
        pid = start(transaction, deadline, why, detail);
        message.failure = pid > 0 ? FAILURE_NONE : FAILURE_NOT_STARTED;
        if (pid > 0)
                snprintf(text, sizeof(text), "Request %s: auditd (pid %d) was started after the time limit",
                         transaction->task->id, pid);
        else
                snprintf(text, sizeof(text), "Request %s: auditd could not be started after the time limit: %s",
                         transaction->task->id, why);
        transaction_send(transaction, &message);
}

void restart_carry_out(struct transaction *transaction) {
        const struct machine *machine = transaction->machine;
        uint64_t deadline = transaction->task->deadline_usec;
        char why[DETAIL_MAX / 2] = "the time for the start is over", detail[DETAIL_MAX / 2] = "";
        struct worker_message message = { .step = STEP_DONE, .detail = detail };

        /* After the record, so that the trail has this refusal as well. */
        if (auditd_unit_stays_down(machine, deadline, why, sizeof(why))) {
                transaction_fail(transaction, FAILURE_FAILED, "%s", why);
                return;
        }
        transaction->goes_on_usec = LATER_USEC;
        if (!signal_effect_end(transaction)) {
                if (transaction->signalled)
                        start_later(transaction);
                return;
        }
        transaction_step(transaction, STEP_STARTING, NULL);
        message.auditd = start(transaction, deadline, why, detail);
        if (message.auditd == 0) {
                fail_not_started(transaction, why);
                if (transaction_now(transaction) >= deadline)
                        start_later(transaction);
        } else if (auditd_unit_has_no_rules(machine, deadline, why, sizeof(why)))
                transaction_fail(transaction, FAILURE_RULES_NOT_LOADED, "auditd (pid %d) runs; %s", message.auditd,
                                 why);
        else {
                if (!*detail)
                        snprintf(detail, sizeof(detail), "%s", signal_effect_sender(transaction));
                transaction_send(transaction, &message);
        }
}
