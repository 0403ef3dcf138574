/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/carry_out.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/controld/auditd/auditd_unit.h"
#include "daemon/controld/auditd/transaction.h"
#include "protocol/cleanup.h"

#define DRAINING_USEC     500000ULL /* between two reports of the kernel's queue */
#define NEW_PID_USEC      50000ULL  /* between two questions for the new audit daemon */
#define START_AGAIN_USEC  2000000ULL
#define SYSTEMD_USEC      2000000ULL /* for a question to systemd */
#define SIGNAL_AGAIN_USEC 1000000ULL /* before auditd, which was too busy, is signalled again */
#define SILENCE_USEC      5000000ULL /* before auditd, which has written nothing, is signalled again */
#define STATE_USEC        20000ULL   /* between two reads of auditd's state file */
#define DETAIL_MAX        1024

static uint64_t now_usec(const struct transaction *transaction) {
        return transaction->machine->monotonic_usec();
}

/*
 * Whether RECORD is auditd's own about our signal. auditd asks the kernel who sent a signal. If the kernel is too busy
 * to say, the record has -1 for all ids. An auditd that collects the records of other machines logs theirs as well.
 */
static bool is_awaited(const struct transaction *transaction, const struct log_record *record) {
        const char *type = transaction->awaited;
        uint64_t pid;

        return strlen(type) == record->type_length && memcmp(record->type, type, record->type_length) == 0 &&
               log_record_number(record, "pid", &pid) && (pid == (uint64_t)getpid() || pid == UINT32_MAX);
}

static void report_draining(struct transaction *transaction) {
        struct worker_message message = { .step = STEP_DRAINING };

        if (transaction->machine->kernel_audit_ask(now_usec(transaction) + DRAINING_USEC, &message.kernel) == 0)
                transaction_send(transaction, &message);
}

/* Waits until auditd has ended, and its log is read to the end. */
static bool await_end(struct transaction *transaction) {
        uint64_t deadline = transaction->task->deadline_usec, next = now_usec(transaction) + DRAINING_USEC;
        struct log_record record;

        transaction->awaited = "DAEMON_END";
        for (;;) {
                switch (transaction_wait(transaction, next < deadline ? next : deadline, is_awaited, &record)) {
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
                        if (now_usec(transaction) >= deadline)
                                return transaction_fail(transaction, FAILURE_NO_EFFECT,
                                                        "auditd (pid %d) has the signal, and has not ended in time",
                                                        transaction->auditd.pid);
                        report_draining(transaction);
                        next += DRAINING_USEC;
                }
        }
}

/* Describes what the kernel and the trail lack after a stop. */
static void describe_trail(const struct transaction *transaction, char *detail, size_t size) {
        struct audit_state kernel;

        if (transaction->machine->kernel_audit_ask(transaction->task->deadline_usec, &kernel) == 0 &&
            kernel.auditd != 0) {
                if (kernel.auditd == transaction->auditd.pid)
                        snprintf(detail, size, "the kernel has not noticed yet that auditd has ended");
                else
                        snprintf(detail, size, "another audit daemon (pid %d) has taken its place", kernel.auditd);
        } else if (transaction->log && !*transaction->trail)
                snprintf(detail, size, "auditd left no DAEMON_END; the record of the request stands");
        else if (transaction->task->caller.peer.auid != PEER_UNSET &&
                 (strstr(transaction->trail, "auid=-1") || strstr(transaction->trail, "auid=4294967295")))
                snprintf(detail, size, "auditd lost who signalled it; the record of the request says it");
}

static bool signal_to_end(struct transaction *transaction) {
        return transaction_signal(transaction, SIGTERM) && await_end(transaction);
}

static void carry_out_stop(struct transaction *transaction) {
        char detail[DETAIL_MAX] = "", restart[DETAIL_MAX / 2];
        size_t used;

        if (!signal_to_end(transaction))
                return;
        describe_trail(transaction, detail, sizeof(detail));
        used = strlen(detail);
        /* A systemd that does not answer must not delay the reply about a stop that is done. */
        if (auditd_unit_comes_back(transaction->machine, now_usec(transaction) + SYSTEMD_USEC, restart,
                                   sizeof(restart)))
                snprintf(detail + used, sizeof(detail) - used, "%s%s", used > 0 ? "; " : "", restart);
        transaction_step(transaction, STEP_DONE, detail);
}

/* Waits until another audit daemon registers with the kernel. Returns its pid, or 0 at UNTIL_USEC. */
static pid_t await_registered(const struct transaction *transaction, uint64_t until_usec) {
        struct audit_state kernel;

        while (now_usec(transaction) < until_usec) {
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

        if (!auditd_unit_find(transaction->machine, now_usec(transaction) + SYSTEMD_USEC, &auditd))
                return 0;
        auditd_close(&auditd);
        if (auditd.pid == transaction->auditd.pid)
                return 0;
        snprintf(detail, size, "auditd gets no records of this machine (see local_events in auditd.conf)");
        return auditd.pid;
}

/* Fails with the best known reason: the rules did not load, systemd is still starting auditd, or WHY. */
static void fail_not_started(struct transaction *transaction, const char *why) {
        uint64_t deadline = now_usec(transaction) + SYSTEMD_USEC; /* the task's may be over */
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
static void carry_out_restart(struct transaction *transaction) {
        const struct machine *machine = transaction->machine;
        uint64_t deadline = transaction->task->deadline_usec;
        char why[DETAIL_MAX / 2], detail[DETAIL_MAX / 2] = "";
        struct worker_message message = { .step = STEP_DONE, .detail = detail };

        /* After the record, so that the trail has this refusal as well. */
        if (auditd_unit_stays_down(machine, deadline, why, sizeof(why))) {
                transaction_fail(transaction, FAILURE_FAILED, "%s", why);
                return;
        }
        if (!signal_to_end(transaction))
                return;
        transaction_step(transaction, STEP_STARTING, NULL);
        while (message.auditd == 0 && now_usec(transaction) < deadline) {
                if (!machine->unit_start(UNIT_AUDITD, deadline, why, sizeof(why))) {
                        fail_not_started(transaction, why);
                        return;
                }

                /* From now on: units that auditd.service requires took their time to start. */
                uint64_t until = now_usec(transaction) + START_AGAIN_USEC;

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

static bool has_failed(const struct log_record *record) {
        return memmem(record->line, record->length, " res=failed", strlen(" res=failed"));
}

/* If the kernel is too busy to tell auditd who signalled it, auditd ignores the signal, and logs that. */
static bool was_too_busy(const struct log_record *record) {
        uint64_t pid;

        return has_failed(record) && log_record_number(record, "pid", &pid) && pid == UINT32_MAX;
}

/* When to repeat SIGNAL to a silent auditd. Two rotations are not one; any other signal has the same effect twice. */
static uint64_t end_of_silence(const struct transaction *transaction, int signal) {
        uint64_t end = now_usec(transaction) + SILENCE_USEC, deadline = transaction->task->deadline_usec;

        return signal == SIGUSR1 || end > deadline ? deadline : end;
}

/*
 * Waits for auditd's record of TYPE about our SIGNAL. Repeats the signal if auditd was too busy to learn who sent it:
 * auditd logs that, or waits for ever for the answer of a kernel whose queue is full (seen with auditd 3.0.9; the
 * kernel drops an answer that it cannot deliver within 100 ms). If auditd has ended, the next wait returns that.
 */
static bool await_answer(struct transaction *transaction, int signal, const char *type) {
        const struct machine *machine = transaction->machine;
        uint64_t deadline = transaction->task->deadline_usec;
        pid_t pid = transaction->auditd.pid;
        struct log_record record;

        transaction->awaited = type;
        for (;;) {
                switch (transaction_wait(transaction, end_of_silence(transaction, signal), is_awaited, &record)) {
                case WAIT_RECORD:
                        break;
                case WAIT_ENDED:
                        return transaction_fail(transaction, FAILURE_NO_EFFECT, "auditd (pid %d) has ended", pid);
                case WAIT_LOG_ERROR:
                        return transaction_fail(transaction, FAILURE_NO_EFFECT,
                                                "auditd (pid %d) has the signal, and its log cannot be read any more: "
                                                "%s",
                                                pid, strerror(errno));
                default:
                        if (now_usec(transaction) < deadline) {
                                machine->auditd_signal(&transaction->auditd, signal);
                                continue;
                        }
                        return transaction_fail(transaction, FAILURE_NO_EFFECT,
                                                "auditd (pid %d) has the signal, and no %s record followed in time",
                                                pid, type);
                }
                transaction_keep(transaction, &record);
                if (!was_too_busy(&record) || now_usec(transaction) + SIGNAL_AGAIN_USEC >= deadline)
                        break;
                *transaction->trail = 0;
                machine->usleep(SIGNAL_AGAIN_USEC);
                machine->auditd_signal(&transaction->auditd, signal);
        }
        machine->log_watch_sync(transaction->log);
        if (has_failed(&record))
                return transaction_fail(transaction, FAILURE_NO_EFFECT, "auditd says that it failed: %s",
                                        transaction->trail);
        return true;
}

/* Sends SIGNAL and, if there is a log, waits for auditd's record about it. */
static bool signal_and_await(struct transaction *transaction, int signal, const char *type) {
        return transaction_signal(transaction, signal) &&
               (!transaction->log || await_answer(transaction, signal, type));
}

static void finish(struct transaction *transaction) {
        transaction_step(transaction, STEP_DONE,
                         transaction->log ? NULL : "signalled; without a log it is not known what auditd did");
}

static void carry_out_reload(struct transaction *transaction) {
        const struct machine *machine = transaction->machine;
        uint64_t deadline = transaction->task->deadline_usec;
        struct audit_state kernel;
        char output[DETAIL_MAX];

        if (!signal_and_await(transaction, SIGHUP, "DAEMON_CONFIG"))
                return;
        /* auditctl -R would change nothing, and succeed. */
        if (machine->kernel_audit_ask(deadline, &kernel) == 0 && kernel.locked) {
                transaction_fail(transaction, FAILURE_RULES_NOT_LOADED,
                                 "the kernel's auditing is locked (enabled 2) until the next boot");
        } else if (!machine->rules_load(deadline, output, sizeof(output))) {
                transaction_fail(transaction, FAILURE_RULES_NOT_LOADED, "%s", output);
        } else {
                transaction_step(transaction, STEP_RULES, output);
                finish(transaction);
        }
}

static void carry_out_rotate(struct transaction *transaction) {
        const char *log_file = transaction->conf.log_file;
        struct stat before = { 0 }, after;

        stat(log_file, &before);
        if (!signal_and_await(transaction, SIGUSR1, "DAEMON_ROTATE"))
                return;
        if (transaction->log && stat(log_file, &after) == 0 && after.st_ino == before.st_ino)
                transaction_fail(transaction, FAILURE_NO_EFFECT,
                                 "auditd has kept %s: see num_logs and max_log_file_action in auditd.conf(5)",
                                 log_file);
        else
                finish(transaction);
}

/*
 * A suspended auditd has discarded the record of the request. That it logs the record now shows that it has resumed:
 * its own DAEMON_RESUME may be appended to half a line, the last that a full disk had room for.
 */
static void carry_out_resume(struct transaction *transaction) {
        uint64_t now, deadline = transaction->task->deadline_usec;
        struct log_record record;

        if (*transaction->event || !transaction->log || transaction->unregistered) {
                if (signal_and_await(transaction, SIGUSR2, "DAEMON_RESUME"))
                        finish(transaction);
                return;
        }
        if (!transaction_signal(transaction, SIGUSR2))
                return;
        now = now_usec(transaction);
        transaction->awaited = "DAEMON_RESUME";
        if (transaction_wait(transaction, now + (deadline > now ? deadline - now : 0) / 4, is_awaited, &record) ==
            WAIT_RECORD)
                transaction_keep(transaction, &record);
        if (transaction_record_again(transaction))
                finish(transaction);
}

/* Reads the state file if it was written after BEFORE. Returns the number of bytes; 0: not yet. */
static size_t read_state(const char *path, const struct stat *before, char *text, size_t size) {
        cleanup(cleanup_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        struct stat now;
        ssize_t length;

        if (fd < 0 || fstat(fd, &now) < 0 || !S_ISREG(now.st_mode))
                return 0;
        if (now.st_ino == before->st_ino && now.st_mtim.tv_sec == before->st_mtim.tv_sec &&
            now.st_mtim.tv_nsec == before->st_mtim.tv_nsec)
                return 0;
        length = read(fd, text, size - 1);
        text[length > 0 ? length : 0] = 0;
        return length > 0 ? (size_t)length : 0;
}

/* auditd writes no record about this signal, but a file. The file is whole when two reads find the same length. */
static void carry_out_state(struct transaction *transaction) {
        const struct machine *machine = transaction->machine;
        char state[WORKER_TEXT_MAX];
        struct worker_message message = { .step = STEP_DONE, .state = state };
        struct stat before = { 0 };
        size_t length = 0, previous;

        stat(machine->state_file, &before);
        if (!transaction_signal(transaction, SIGCONT))
                return;
        do {
                previous = length;
                machine->usleep(STATE_USEC);
                length = read_state(machine->state_file, &before, state, sizeof(state));
        } while ((length == 0 || length != previous) && now_usec(transaction) < transaction->task->deadline_usec);
        if (length == 0)
                transaction_fail(transaction, FAILURE_NO_EFFECT,
                                 "auditd (pid %d) has the signal, and has not written %s", transaction->auditd.pid,
                                 machine->state_file);
        else
                transaction_send(transaction, &message);
}

/* Records what the daemon refuses, or never got. An unidentified caller's login is not adopted. */
static void carry_out_refusal(struct transaction *transaction) {
        const struct machine *machine = transaction->machine;
        const struct task *task = transaction->task;
        struct kernel_drops drops;
        int r = task->identified ? machine->adopt_login(task->caller.peer.auid) : 0;

        machine->kernel_drops_find(&drops);
        if (r == 0)
                r = transaction_write(transaction, task->refused, ANSWER_REFUSED, task->why);
        if (r < 0)
                transaction_fail(transaction, FAILURE_FAILED, "%s", strerror(-r));
        else if (drops.drops)
                transaction_fail(transaction, FAILURE_FAILED, "%s", drops.detail);
        else
                transaction_step(transaction, STEP_DONE, NULL);
}

static void carry_out_status(struct transaction *transaction) {
        const struct machine *machine = transaction->machine;
        struct auditd *auditd = &transaction->auditd;
        uint64_t deadline = transaction->task->deadline_usec;
        struct worker_message message = { .step = STEP_DONE };
        struct kernel_drops drops;
        int r = machine->kernel_audit_ask(deadline, &message.kernel);

        if (r < 0) {
                transaction_fail(transaction, FAILURE_FAILED, "the kernel does not tell the state of auditing: %s",
                                 strerror(-r));
                return;
        }
        machine->auditd_find(deadline, auditd, &r);
        message.program = auditd->program;
        /* Without a running daemon: the log that auditd would write. */
        r = machine->auditd_conf_find(*auditd->program ? auditd->pid : 0, &transaction->conf);
        if (r == 0 && transaction->conf.writes)
                message.log_file = transaction->conf.log_file;
        machine->kernel_drops_find(&drops);
        message.rule = drops.rule;
        transaction_send(transaction, &message);
}

static bool find_auditd(struct transaction *transaction) {
        const struct machine *machine = transaction->machine;
        uint64_t deadline = transaction->task->deadline_usec;
        char detail[DETAIL_MAX / 2] = "";
        struct worker_message message = { .program = transaction->auditd.program, .detail = detail };
        int error = 0;

        message.failure = machine->auditd_find(deadline, &transaction->auditd, &error);
        if (message.failure == FAILURE_NONE)
                return true;
        if (message.failure == FAILURE_NO_AUDIT_DAEMON) {
                transaction->unregistered = auditd_unit_find(machine, deadline, &transaction->auditd);
                if (transaction->unregistered)
                        return true;
                auditd_unit_is_pending(machine, deadline, detail, sizeof(detail));
        }
        if (message.failure == FAILURE_FAILED)
                snprintf(detail, sizeof(detail), "the kernel does not say who the audit daemon is: %s",
                         strerror(-error));
        transaction_send(transaction, &message);
        return false;
}

void carry_out(const struct machine *machine, const struct task *task, int channel) {
        /* What follows the record of the request. */
        static void (*const operations[OPERATION_COUNT])(struct transaction *) = {
                [OPERATION_STOP] = carry_out_stop,     [OPERATION_RESTART] = carry_out_restart,
                [OPERATION_RELOAD] = carry_out_reload, [OPERATION_ROTATE] = carry_out_rotate,
                [OPERATION_RESUME] = carry_out_resume, [OPERATION_STATE] = carry_out_state,
        };
        struct transaction transaction = {
                .machine = machine, .task = task, .channel = channel, .auditd = { .process = -1 }
        };

        if (task->operation == OPERATION_STATUS)
                carry_out_status(&transaction);
        else if (task->operation == OPERATION_REFUSAL)
                carry_out_refusal(&transaction);
        else if (find_auditd(&transaction) && transaction_record(&transaction))
                operations[task->operation](&transaction);
        transaction_end(&transaction);
}
