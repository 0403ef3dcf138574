/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/signal_effect.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#define DRAINING_USEC     500000ULL  /* between two reports of the kernel's queue */
#define SIGNAL_AGAIN_USEC 1000000ULL /* before auditd, which was too busy, is signalled again */
#define SILENCE_USEC      5000000ULL /* before auditd, which has written nothing, is signalled again */

static bool is_of_awaited_type(const struct transaction *transaction, const struct log_record *record) {
        const char *type = transaction->awaited;

        return strlen(type) == record->type_length && memcmp(record->type, type, record->type_length) == 0;
}

/*
 * Whether RECORD is auditd's own about our signal. auditd asks the kernel who sent a signal. If the kernel is too busy
 * to say, the record has -1 for all ids. An auditd that collects the records of other machines logs theirs as well.
 */
bool signal_effect_is_awaited(const struct transaction *transaction, const struct log_record *record) {
        uint64_t pid;

        return is_of_awaited_type(transaction, record) && log_record_number(record, "pid", &pid) &&
               (pid == (uint64_t)getpid() || pid == UINT32_MAX);
}

/*
 * Whether RECORD is this auditd's, from after our signal, whatever sender it names. The kernel keeps one sender, the
 * last. It notes a sender before it checks whether that process may signal auditd (check_kill_permission() in
 * kernel/signal.c). So any process can put itself in the place of the worker. If two signals come together, auditd may
 * act once.
 */
static bool is_auditds(const struct transaction *transaction, const struct log_record *record) {
        size_t node = strlen(transaction->node);

        return signal_effect_is_awaited(transaction, record) ||
               (*transaction->event && is_of_awaited_type(transaction, record) &&
                record->type == record->line + node + strlen("type=") &&
                memcmp(record->line, transaction->node, node) == 0);
}

static void report_draining(struct transaction *transaction) {
        struct worker_message message = { .step = STEP_DRAINING };

        if (transaction->machine->kernel_audit_ask(transaction_now(transaction) + DRAINING_USEC, &message.kernel) == 0)
                transaction_send(transaction, &message);
}

/* Waits until auditd has ended, and its log is read to the end. */
static bool await_end(struct transaction *transaction) {
        uint64_t deadline = transaction->task->deadline_usec, next = transaction_now(transaction) + DRAINING_USEC;
        struct log_record record;

        transaction->awaited = "DAEMON_END";
        for (;;) {
                switch (transaction_wait(transaction, next < deadline ? next : deadline, is_auditds, &record)) {
                case WAIT_RECORD:
                        transaction_keep(transaction, &record);
                        continue;
                case WAIT_LOG_ERROR:
                        continue;
                case WAIT_ENDED:
                        if (transaction->log)
                                transaction->machine->log_watch_sync(transaction->log);
                        transaction_step(transaction, STEP_STOPPED, NULL);
                        return true;
                default:
                        if (transaction_now(transaction) >= deadline)
                                return transaction_fail(
                                        transaction, FAILURE_NO_EFFECT,
                                        "auditd (pid %d) has the signal, and has not ended in time%s",
                                        transaction->auditd.pid,
                                        transaction->goes_on_usec > 0 ? "; it is started again when it has ended" : "");
                        report_draining(transaction);
                        next += DRAINING_USEC;
                }
        }
}

bool signal_effect_end(struct transaction *transaction) {
        return transaction_signal(transaction, SIGTERM) && await_end(transaction);
}

/* If the kernel is too busy to tell auditd who signalled it, auditd logs that. It ignores the signal, unless that asks
 * for a rotation. */
static bool was_too_busy(const struct log_record *record) {
        uint64_t pid;

        return memmem(record->line, record->length, " res=failed", strlen(" res=failed")) &&
               log_record_number(record, "pid", &pid) && pid == UINT32_MAX;
}

/*
 * Whether SIGNAL may be sent only once. auditd rotates its log even if it logs that it could not learn the sender (seen
 * with auditd 3.0.9 and 4.0.2). Another signal would rotate again, and remove the oldest log each time. Any other
 * signal has the same effect twice.
 */
static bool counts(int signal) {
        return signal == SIGUSR1;
}

/* When to repeat SIGNAL to a silent auditd. */
static uint64_t end_of_silence(const struct transaction *transaction, int signal) {
        uint64_t end = transaction_now(transaction) + SILENCE_USEC, deadline = transaction->task->deadline_usec;

        return counts(signal) || end > deadline ? deadline : end;
}

/* Judges by auditd's record in the trail. */
static bool judge_answer(struct transaction *transaction, int signal) {
        transaction->machine->log_watch_sync(transaction->log);
        if (!counts(signal) && strstr(transaction->trail, " res=failed"))
                return transaction_fail(transaction, FAILURE_NO_EFFECT, "auditd says that it failed: %s",
                                        transaction->trail);
        return true;
}

/*
 * Waits for auditd's record of TYPE about our SIGNAL. Repeats the signal if auditd was too busy to learn who sent it:
 * auditd logs that, or waits for ever for the answer of a kernel whose queue is full (seen with auditd 3.0.9; the
 * kernel drops an answer that it cannot deliver within 100 ms). If auditd has ended, the next wait returns that.
 *
 * A record that names another sender counts once the time to repeat the signal has come: by then, auditd has also seen
 * our signal. A rotation counts at once, since the file tells.
 */
static bool await_answer(struct transaction *transaction, int signal, const char *type) {
        const struct machine *machine = transaction->machine;
        uint64_t deadline = transaction->task->deadline_usec;
        pid_t pid = transaction->auditd.pid;
        uint64_t until = end_of_silence(transaction, signal);
        struct log_record record;

        transaction->awaited = type;
        for (;;) {
                switch (transaction_wait(transaction, until, is_auditds, &record)) {
                case WAIT_RECORD:
                        *transaction->trail = 0;
                        transaction_keep(transaction, &record);
                        if (!counts(signal) && !signal_effect_is_awaited(transaction, &record))
                                continue;
                        break;
                case WAIT_ENDED:
                        return transaction_fail(transaction, FAILURE_NO_EFFECT, "auditd (pid %d) has ended", pid);
                case WAIT_LOG_ERROR:
                        return transaction_fail(transaction, FAILURE_FAILED,
                                                "auditd (pid %d) has the signal, and its log cannot be read any more: "
                                                "%s",
                                                pid, strerror(errno));
                default:
                        if (*transaction->trail)
                                return judge_answer(transaction, signal);
                        if (transaction_now(transaction) < deadline) {
                                machine->auditd_signal(&transaction->auditd, signal);
                                until = end_of_silence(transaction, signal);
                                continue;
                        }
                        if (counts(signal))
                                return true; /* the file tells */
                        return transaction_fail(transaction, FAILURE_NO_EFFECT,
                                                "auditd (pid %d) has the signal, and no %s record followed in time",
                                                pid, type);
                }
                if (counts(signal) || !was_too_busy(&record) ||
                    transaction_now(transaction) + SIGNAL_AGAIN_USEC >= deadline)
                        return judge_answer(transaction, signal);
                *transaction->trail = 0;
                machine->usleep(SIGNAL_AGAIN_USEC);
                machine->auditd_signal(&transaction->auditd, signal);
                until = end_of_silence(transaction, signal);
        }
}

bool signal_effect_record(struct transaction *transaction, int signal, const char *type) {
        return transaction_signal(transaction, signal) &&
               (!transaction->log || await_answer(transaction, signal, type));
}

const char *signal_effect_sender(const struct transaction *transaction) {
        switch (transaction->sender) {
        case SENDER_LOST:
                return "auditd lost who signalled it; the record of the request says it";
        case SENDER_OTHER:
                return "auditd names another login, because a process of that login signalled auditd as well, or tried "
                       "to; the record of the request says who asked";
        default:
                return "";
        }
}
