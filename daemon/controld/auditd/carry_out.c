/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/carry_out.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/controld/auditd/auditd_unit.h"
#include "daemon/controld/auditd/restart.h"
#include "daemon/controld/auditd/signal_effect.h"
#include "protocol/cleanup.h"

#define SYSTEMD_USEC 2000000ULL /* for a question to systemd */
#define STATE_USEC   20000ULL   /* between two reads of auditd's state file */
#define LOG_USEC     20000ULL   /* between two looks at the log's name */
#define DETAIL_MAX   1024

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
        else
                snprintf(detail, size, "%s", signal_effect_sender(transaction));
}

static void carry_out_stop(struct transaction *transaction) {
        char detail[DETAIL_MAX] = "", restart[DETAIL_MAX / 2];
        size_t used;

        if (!signal_effect_end(transaction))
                return;
        describe_trail(transaction, detail, sizeof(detail));
        used = strlen(detail);
        /* A systemd that does not answer must not delay the reply about a stop that is done. */
        if (auditd_unit_comes_back(transaction->machine, transaction_now(transaction) + SYSTEMD_USEC, restart,
                                   sizeof(restart)))
                snprintf(detail + used, sizeof(detail) - used, "%s%s", used > 0 ? "; " : "", restart);
        transaction_step(transaction, STEP_DONE, detail);
}

static void finish(struct transaction *transaction) {
        transaction_step(transaction, STEP_DONE,
                         transaction->log ? signal_effect_sender(transaction)
                                          : "signalled; without a log it is not known what auditd did");
}

static void carry_out_reload(struct transaction *transaction) {
        const struct machine *machine = transaction->machine;
        uint64_t deadline = transaction->task->deadline_usec;
        struct audit_state kernel;
        char output[DETAIL_MAX];
        int r;

        if (!signal_effect_record(transaction, SIGHUP, "DAEMON_CONFIG"))
                return;
        /* If the rules are locked, auditctl -R would change nothing, and succeed. */
        if ((r = machine->kernel_audit_ask(deadline, &kernel)) < 0) {
                transaction_fail(transaction, FAILURE_RULES_NOT_LOADED,
                                 "the kernel does not say whether its rules are locked: %s", strerror(-r));
        } else if (kernel.locked) {
                transaction_fail(transaction, FAILURE_RULES_NOT_LOADED,
                                 "the kernel's auditing is locked (enabled 2) until the next boot");
        } else if (!machine->rules_load(deadline, output, sizeof(output))) {
                transaction_fail(transaction, FAILURE_RULES_NOT_LOADED, "%s", output);
        } else {
                transaction_step(transaction, STEP_RULES, output);
                finish(transaction);
        }
}

/*
 * Whether the name of the log leads to another file than HELD (-1: it led to none), which was open before the signal. A
 * file that is open keeps its inode number: after several rotations, a new log may have the number of a removed one.
 */
static bool is_replaced(const char *log_file, int held) {
        struct stat before, now;

        if (fstatat(AT_FDCWD, log_file, &now, AT_SYMLINK_NOFOLLOW) < 0) /* perhaps between two renames */
                return false;
        return held < 0 || fstat(held, &before) < 0 || now.st_dev != before.st_dev || now.st_ino != before.st_ino;
}

static bool await_new_log(struct transaction *transaction, int held) {
        const char *log_file = transaction->conf.log_file;
        bool ended = false;

        while (!is_replaced(log_file, held)) {
                if (ended)
                        return transaction_fail(transaction, FAILURE_NO_EFFECT,
                                                "auditd (pid %d) has ended, and kept %s", transaction->auditd.pid,
                                                log_file);
                if (transaction_now(transaction) >= transaction->task->deadline_usec)
                        return transaction_fail(transaction, FAILURE_NO_EFFECT, "%sauditd has kept %s: see %s",
                                                *transaction->trail ? ""
                                                                    : "no DAEMON_ROTATE record followed in time, and ",
                                                log_file, "num_logs and max_log_file_action in auditd.conf(5)");
                transaction->machine->usleep(LOG_USEC);
                ended = auditd_has_ended(&transaction->auditd); /* what it did before that is seen in the next round */
        }
        return true;
}

/* The record may come before the rotation, and does not tell whether there is one. The file does. */
static void carry_out_rotate(struct transaction *transaction) {
        cleanup(cleanup_fd) int held = -1;

        if (transaction->log)
                held = open(transaction->conf.log_file, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (!signal_effect_record(transaction, SIGUSR1, "DAEMON_ROTATE") ||
            (transaction->log && !await_new_log(transaction, held)))
                return;
        if (transaction->log && !*transaction->trail)
                transaction_step(transaction, STEP_DONE, "auditd's record of the rotation has not come in time");
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
                if (signal_effect_record(transaction, SIGUSR2, "DAEMON_RESUME"))
                        finish(transaction);
                return;
        }
        if (!transaction_signal(transaction, SIGUSR2))
                return;
        now = transaction_now(transaction);
        transaction->awaited = "DAEMON_RESUME";
        if (transaction_wait(transaction, now + (deadline > now ? deadline - now : 0) / 4, signal_effect_is_awaited,
                             &record) == WAIT_RECORD)
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
        bool ended;

        stat(machine->state_file, &before);
        if (!transaction_signal(transaction, SIGCONT))
                return;
        do {
                previous = length;
                ended = auditd_has_ended(&transaction->auditd); /* before the look at what it wrote */
                machine->usleep(STATE_USEC);
                length = read_state(machine->state_file, &before, state, sizeof(state));
        } while ((length == 0 || length != previous) && !ended &&
                 transaction_now(transaction) < transaction->task->deadline_usec);
        if (length == 0 || (length != previous && !ended))
                transaction_fail(transaction, FAILURE_NO_EFFECT, "auditd (pid %d) %s, and has not written %s",
                                 transaction->auditd.pid, ended ? "has ended" : "has the signal", machine->state_file);
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
        static const struct {
                void (*run)(struct transaction *transaction);
                bool unrecorded; /* no request to auditd: without its record, and without auditd */
        } operations[OPERATION_COUNT] = {
                [OPERATION_STATUS] = { .run = carry_out_status, .unrecorded = true },
                [OPERATION_REFUSAL] = { .run = carry_out_refusal, .unrecorded = true },
                [OPERATION_STOP] = { .run = carry_out_stop },
                [OPERATION_RESTART] = { .run = restart_carry_out },
                [OPERATION_RELOAD] = { .run = carry_out_reload },
                [OPERATION_ROTATE] = { .run = carry_out_rotate },
                [OPERATION_RESUME] = { .run = carry_out_resume },
                [OPERATION_STATE] = { .run = carry_out_state },
        };
        struct transaction transaction = {
                .machine = machine, .task = task, .channel = channel, .auditd = { .process = -1 }
        };

        if (task->operation >= OPERATION_COUNT || !operations[task->operation].run)
                transaction_fail(&transaction, FAILURE_FAILED, "no code carries out operation %d: report this bug",
                                 (int)task->operation);
        else if (operations[task->operation].unrecorded ||
                 (find_auditd(&transaction) && transaction_record(&transaction)))
                operations[task->operation].run(&transaction);
        transaction_end(&transaction);
}
