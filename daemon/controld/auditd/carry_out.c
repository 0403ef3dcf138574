/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/carry_out.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libaudit.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/controld/auditd/auditd_unit.h"
#include "daemon/controld/auditd/rules.h"
#include "daemon/controld/auditd/transaction.h"
#include "daemon/controld/auditd/unit.h"
#include "protocol/cleanup.h"
#include "protocol/clock.h"

#define ENABLED_LOCKED    2         /* of AUDIT_GET: no rule can be changed any more */
#define DRAINING_USEC     500000ULL /* between two looks at the kernel's queue */
#define NEW_PID_USEC      50000ULL  /* between two looks for the new audit daemon */
#define START_AGAIN_USEC  2000000ULL
#define LOOK_USEC         2000000ULL /* for a question to systemd */
#define SIGNAL_AGAIN_USEC 1000000ULL /* between two signals to an audit daemon that was too busy for the first */
#define SILENCE_USEC      5000000ULL /* after which an audit daemon that says nothing is signalled again */
#define STATE_FILE        "/run/auditd.state"
#define STATE_LOOK_USEC   20000ULL

/*
 * Whether RECORD is the audit daemon's own on our signal. It asks the kernel who sent a signal, and when the kernel is
 * too busy to say, has -1 for all. One that collects the records of other machines has theirs in its log, too.
 */
static bool is_awaited(const struct transaction *transaction, const struct log_record *record) {
        const char *type = transaction->awaited;
        uint64_t pid;

        return strlen(type) == record->type_length && memcmp(record->type, type, record->type_length) == 0 &&
               log_record_number(record, "pid", &pid) && (pid == (uint64_t)getpid() || pid == UINT32_MAX);
}

static void draining(struct transaction *transaction) {
        struct worker_message message = { .step = STEP_DRAINING };

        if (kernel_audit_ask(monotonic_usec() + DRAINING_USEC, &message.kernel) == 0)
                transaction_tell(transaction, &message);
}

/* Waits until the audit daemon has ended, and its log is read to the end. */
static bool await_end(struct transaction *transaction) {
        uint64_t deadline = transaction->task->deadline_usec, next = monotonic_usec() + DRAINING_USEC;
        struct log_record record;

        transaction->awaited = "DAEMON_END";
        for (;;) {
                switch (transaction_wait(transaction, next < deadline ? next : deadline, is_awaited, &record)) {
                case WOKEN_RECORD:
                        transaction_keep(transaction, &record);
                        continue;
                case WOKEN_BLIND:
                        continue;
                case WOKEN_ENDED:
                        if (transaction->log)
                                log_watch_sync(transaction->log);
                        transaction_step(transaction, STEP_STOPPED, NULL);
                        return true;
                default:
                        if (monotonic_usec() >= deadline)
                                return transaction_fail(transaction, FAILURE_NO_EFFECT,
                                                        "auditd (pid %d) has the signal, and has not ended in time",
                                                        transaction->auditd.pid);
                        draining(transaction);
                        next += DRAINING_USEC;
                }
        }
}

/* What the trail and the kernel do not have as they should after a stop. */
static void remark_on_trail(const struct transaction *transaction, char *detail, size_t size) {
        struct kernel_audit kernel;

        if (kernel_audit_ask(transaction->task->deadline_usec, &kernel) == 0 && kernel.pid != 0) {
                if (kernel.pid == transaction->auditd.pid)
                        snprintf(detail, size, "the kernel has not noticed yet that auditd has ended");
                else
                        snprintf(detail, size, "another audit daemon (pid %d) has taken its place", kernel.pid);
        } else if (transaction->log && !*transaction->trail)
                snprintf(detail, size, "auditd left no DAEMON_END; the record of the request stands");
        else if (transaction->task->caller.peer.auid != PEER_UNSET &&
                 (strstr(transaction->trail, "auid=-1") || strstr(transaction->trail, "auid=4294967295")))
                snprintf(detail, size, "auditd lost who signalled it; the record of the request says it");
}

/* What is not as it should be after a stop. A systemd that does not answer must not hold up a stop that is done. */
static void remark_on_end(const struct transaction *transaction, char *detail, size_t size) {
        char back[512];
        size_t used;

        remark_on_trail(transaction, detail, size);
        used = strlen(detail);
        if (auditd_unit_comes_back(monotonic_usec() + LOOK_USEC, back, sizeof(back)))
                snprintf(detail + used, size - used, "%s%s", used > 0 ? "; " : "", back);
}

static bool signal_to_end(struct transaction *transaction) {
        return transaction_signal(transaction, SIGTERM) && await_end(transaction);
}

static void carry_out_stop(struct transaction *transaction) {
        char detail[1024] = "";

        if (!transaction_record(transaction) || !signal_to_end(transaction))
                return;
        remark_on_end(transaction, detail, sizeof(detail));
        transaction_step(transaction, STEP_DONE, detail);
}

/* Waits for an audit daemon that registers itself with the kernel, and is not OLD. Returns its pid, or 0. */
static pid_t await_new(uint64_t deadline_usec, pid_t old) {
        struct kernel_audit kernel;

        while (monotonic_usec() < deadline_usec) {
                if (kernel_audit_ask(deadline_usec, &kernel) == 0 && kernel.pid != 0 && kernel.pid != old)
                        return kernel.pid;
                usleep(NEW_PID_USEC);
        }
        return 0;
}

/* The pid of an auditd that runs as the unit and is not registered with the kernel, or 0. DETAIL says what that means.
 */
static pid_t find_unregistered(uint64_t deadline_usec, pid_t old, char *detail, size_t size) {
        struct auditd auditd;

        if (!auditd_unit_find(deadline_usec, &auditd))
                return 0;
        auditd_release(&auditd);
        if (auditd.pid == old)
                return 0;
        snprintf(detail, size, "auditd gets no records of this machine (see local_events in auditd.conf)");
        return auditd.pid;
}

/* Fails with the best reason there is: the rules did not load, systemd is still starting auditd, or WHY. */
static void not_started(struct transaction *transaction, const char *why) {
        uint64_t deadline = monotonic_usec() + LOOK_USEC; /* of its own: the task's may be over */
        char more[512];

        if (auditd_unit_has_no_rules(deadline, more, sizeof(more)) ||
            auditd_unit_is_pending(deadline, more, sizeof(more)))
                why = more;
        transaction_fail(transaction, FAILURE_NOT_STARTED, "%s", why);
}

/*
 * systemd does nothing for a unit that it takes to be running, and it may learn later than we do that the audit daemon
 * has ended: so it is told again where nothing comes of it.
 */
static void carry_out_restart(struct transaction *transaction) {
        uint64_t deadline = transaction->task->deadline_usec;
        char why[512], detail[128] = "";
        struct worker_message message = { .step = STEP_DONE, .detail = detail };

        if (!transaction_record(transaction))
                return;
        /* Behind the record, so that the trail has this refusal as well. */
        if (auditd_unit_stays_down(deadline, why, sizeof(why))) {
                transaction_fail(transaction, FAILURE_FAILED, "%s", why);
                return;
        }
        if (!signal_to_end(transaction))
                return;
        transaction_step(transaction, STEP_STARTING, NULL);
        while (message.auditd == 0 && monotonic_usec() < deadline) {
                if (!unit_start(UNIT_AUDITD, deadline, why, sizeof(why))) {
                        not_started(transaction, why);
                        return;
                }

                /* From here on: what the unit needs, such as a unit for the rules, takes its time to start. */
                uint64_t patience = monotonic_usec() + START_AGAIN_USEC;

                message.auditd = await_new(patience < deadline ? patience : deadline, transaction->auditd.pid);
                if (message.auditd == 0)
                        message.auditd = find_unregistered(monotonic_usec() + LOOK_USEC, transaction->auditd.pid,
                                                           detail, sizeof(detail));
        }
        if (message.auditd == 0)
                not_started(transaction,
                            "systemd has started " UNIT_AUDITD ", but no audit daemon has registered itself");
        else if (auditd_unit_has_no_rules(deadline, why, sizeof(why)))
                transaction_fail(transaction, FAILURE_RULES_NOT_LOADED, "auditd (pid %d) runs; %s", message.auditd,
                                 why);
        else
                transaction_tell(transaction, &message);
}

static bool has_failed(const struct log_record *record) {
        static const char failed[] = " res=failed";

        return memmem(record->line, record->length, failed, strlen(failed));
}

/*
 * An audit daemon that cannot learn who has signalled it, since the kernel is too busy to say, does not do what it was
 * told, and says so.
 */
static bool was_too_busy(const struct log_record *record) {
        uint64_t pid;

        return has_failed(record) && log_record_number(record, "pid", &pid) && pid == UINT32_MAX;
}

/* When it has been silent about SIGNAL for long. To rotate twice is not to rotate once, all else is the same twice. */
static uint64_t end_of_patience(int signal, uint64_t deadline) {
        uint64_t end = monotonic_usec() + SILENCE_USEC;

        return signal == SIGUSR1 || end > deadline ? deadline : end;
}

/* Where it has ended meanwhile, that is what the next wait says. */
static void signal_again(const struct transaction *transaction, int signal) {
        pidfd_send_signal(transaction->auditd.process, signal, NULL, 0);
}

/*
 * Waits for the audit daemon's record of TYPE on our SIGNAL, which is sent again where it was too busy to learn of who
 * has sent it: it says that, or waits for ever for the answer of a kernel whose queue to it is full (seen of auditd
 * 3.0.9; the kernel drops an answer that it cannot deliver within 100 ms).
 */
static bool await_record(struct transaction *transaction, int signal, const char *type) {
        uint64_t deadline = transaction->task->deadline_usec;
        pid_t pid = transaction->auditd.pid;
        struct log_record record;

        transaction->awaited = type;
        for (;;) {
                switch (transaction_wait(transaction, end_of_patience(signal, deadline), is_awaited, &record)) {
                case WOKEN_RECORD:
                        break;
                case WOKEN_ENDED:
                        return transaction_fail(transaction, FAILURE_NO_EFFECT, "auditd (pid %d) has ended", pid);
                case WOKEN_BLIND:
                        return transaction_fail(transaction, FAILURE_NO_EFFECT,
                                                "auditd (pid %d) has the signal, and its log can be read no more: %s",
                                                pid, strerror(errno));
                default:
                        if (monotonic_usec() < deadline) {
                                signal_again(transaction, signal);
                                continue;
                        }
                        return transaction_fail(transaction, FAILURE_NO_EFFECT,
                                                "auditd (pid %d) has the signal, and no %s record followed in time",
                                                pid, type);
                }
                transaction_keep(transaction, &record);
                if (!was_too_busy(&record) || monotonic_usec() + SIGNAL_AGAIN_USEC >= deadline)
                        break;
                *transaction->trail = 0;
                usleep(SIGNAL_AGAIN_USEC);
                signal_again(transaction, signal);
        }
        log_watch_sync(transaction->log);
        if (has_failed(&record))
                return transaction_fail(transaction, FAILURE_NO_EFFECT, "auditd says that it failed: %s",
                                        transaction->trail);
        return true;
}

/* Sends SIGNAL and waits until the log has what the audit daemon says about it, where there is a log. */
static bool signal_and_see(struct transaction *transaction, int signal, const char *type) {
        if (!transaction_record(transaction) || !transaction_signal(transaction, signal))
                return false;
        return !transaction->log || await_record(transaction, signal, type);
}

static const char *unseen(const struct transaction *transaction) {
        return transaction->log ? "" : "signalled; without a log nobody can see what auditd did";
}

static void done(struct transaction *transaction, const char *detail) {
        transaction_step(transaction, STEP_DONE, detail);
}

static void carry_out_reload(struct transaction *transaction) {
        struct kernel_audit kernel;
        char output[1024];

        if (!signal_and_see(transaction, SIGHUP, "DAEMON_CONFIG"))
                return;
        /* auditctl -R changes nothing then, and is content with that. */
        if (kernel_audit_ask(transaction->task->deadline_usec, &kernel) == 0 && kernel.enabled == ENABLED_LOCKED) {
                transaction_fail(transaction, FAILURE_RULES_NOT_LOADED,
                                 "the kernel's auditing is locked (enabled 2) until the next boot");
                return;
        }
        if (!rules_load("", transaction->task->deadline_usec, output, sizeof(output))) {
                transaction_fail(transaction, FAILURE_RULES_NOT_LOADED, "%s", output);
                return;
        }
        transaction_step(transaction, STEP_RULES, output);
        done(transaction, unseen(transaction));
}

static void carry_out_rotate(struct transaction *transaction) {
        struct stat before = { 0 }, after = { 0 };
        struct auditd_conf conf;
        char folder[PATH_MAX];

        /* The same file as before has not been rotated: num_logs in auditd.conf may forbid it. */
        if (auditd_conf_folder("/proc", transaction->auditd.pid, folder) == 0 && auditd_conf_read(folder, &conf) == 0)
                stat(conf.log_file, &before);
        if (!signal_and_see(transaction, SIGUSR1, "DAEMON_ROTATE"))
                return;
        if (!transaction->log || stat(transaction->conf.log_file, &after) < 0)
                done(transaction, unseen(transaction));
        else if (after.st_ino == before.st_ino)
                transaction_fail(transaction, FAILURE_NO_EFFECT,
                                 "auditd has kept %s: see num_logs and max_log_file_action in auditd.conf(5)",
                                 transaction->conf.log_file);
        else
                done(transaction, NULL);
}

/*
 * An audit daemon that had suspended logging has thrown away the record of the request. Now it shall keep it, which is
 * what shows that it has resumed: its own DAEMON_RESUME may be glued to the half of a line that a full disk had room
 * for.
 */
static void carry_out_resume(struct transaction *transaction) {
        uint64_t now, deadline = transaction->task->deadline_usec;
        struct log_record record;

        if (!transaction_record(transaction) || !transaction_signal(transaction, SIGUSR2))
                return;
        if (*transaction->event || !transaction->log || transaction->unregistered) {
                if (!transaction->log || await_record(transaction, SIGUSR2, "DAEMON_RESUME"))
                        done(transaction, unseen(transaction));
                return;
        }
        now = monotonic_usec();
        transaction->awaited = "DAEMON_RESUME";
        if (transaction_wait(transaction, now + (deadline > now ? deadline - now : 0) / 4, is_awaited, &record) ==
            WOKEN_RECORD)
                transaction_keep(transaction, &record);
        if (transaction_record_again(transaction))
                done(transaction, unseen(transaction));
}

/* Reads STATE_FILE where it was written after BEFORE. Returns the number of bytes, 0: not yet, or not whole. */
static size_t read_state(const struct stat *before, char *text, size_t size) {
        cleanup(cleanup_fd) int fd = open(STATE_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
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

/* auditd leaves no record of this signal, but a file. It is whole when two looks at it find the same. */
static void carry_out_state(struct transaction *transaction) {
        uint64_t deadline = transaction->task->deadline_usec;
        char state[WORKER_TEXT_MAX];
        struct worker_message message = { .step = STEP_DONE, .state = state };
        struct stat before = { 0 };
        size_t length = 0, seen = 0;

        stat(STATE_FILE, &before);
        if (!transaction_record(transaction) || !transaction_signal(transaction, SIGCONT))
                return;
        do {
                seen = length;
                usleep(STATE_LOOK_USEC);
                length = read_state(&before, state, sizeof(state));
        } while ((length == 0 || length != seen) && monotonic_usec() < deadline);
        if (length == 0)
                transaction_fail(transaction, FAILURE_NO_EFFECT,
                                 "auditd (pid %d) has the signal, and has not written %s", transaction->auditd.pid,
                                 STATE_FILE);
        else
                transaction_tell(transaction, &message);
}

/* The daemon's own refusals, and requests that never got here. A caller who was not identified is nobody's login. */
static void carry_out_refusal(struct transaction *transaction) {
        const struct task *task = transaction->task;
        struct request_record record = {
                .operation = operation_word(task->refused),
                .answer = ANSWER_REFUSED,
                .why = task->why,
                .reason = task->reason,
                .caller = &task->caller,
        };
        struct kernel_drops drops;
        int r = 0;

        memcpy(record.id, task->id, sizeof(record.id));
        if (task->identified)
                r = adopt_login("/proc", task->caller.peer.auid);
        kernel_drops_find(&drops);
        if (r == 0)
                r = request_record_write(&record);
        if (r < 0)
                transaction_fail(transaction, FAILURE_FAILED, "%s", strerror(-r));
        else if (drops.drops)
                transaction_fail(transaction, FAILURE_FAILED, "%s", drops.detail);
        else
                done(transaction, NULL);
}

static void carry_out_status(struct transaction *transaction) {
        const struct task *task = transaction->task;
        struct worker_message message = { .step = STEP_DONE };
        struct kernel_drops drops;
        struct auditd_conf conf;
        char folder[PATH_MAX] = AUDITD_CONF_FOLDER;
        int r = kernel_audit_ask(task->deadline_usec, &message.kernel);

        if (r < 0) {
                transaction_fail(transaction, FAILURE_FAILED, "the kernel does not tell the state of auditing: %s",
                                 strerror(-r));
                return;
        }
        switch (auditd_find(task->deadline_usec, &transaction->auditd, &r)) {
        case FAILURE_NONE:
        case FAILURE_OTHER_AUDIT_DAEMON:
                message.program = transaction->auditd.program;
                auditd_conf_folder("/proc", transaction->auditd.pid, folder);
                break;
        default:
                break;
        }
        if (auditd_conf_read(folder, &conf) == 0 && conf.writes)
                message.log_file = conf.log_file;
        kernel_drops_find(&drops);
        message.rule = drops.rule;
        transaction_tell(transaction, &message);
}

static bool find_auditd(struct transaction *transaction) {
        char detail[512] = "";
        struct worker_message message = { .program = transaction->auditd.program, .detail = detail };
        int error = 0;

        message.failure = auditd_find(transaction->task->deadline_usec, &transaction->auditd, &error);
        if (message.failure == FAILURE_NONE)
                return true;
        if (message.failure == FAILURE_NO_AUDIT_DAEMON &&
            auditd_unit_find(transaction->task->deadline_usec, &transaction->auditd)) {
                transaction->unregistered = true;
                return true;
        }
        if (message.failure == FAILURE_NO_AUDIT_DAEMON)
                auditd_unit_is_pending(transaction->task->deadline_usec, detail, sizeof(detail));
        if (message.failure == FAILURE_FAILED)
                snprintf(detail, sizeof(detail), "the kernel does not say who the audit daemon is: %s",
                         strerror(-error));
        transaction_tell(transaction, &message);
        return false;
}

void carry_out(const struct task *task, int channel) {
        static void (*const operations[OPERATION_COUNT])(struct transaction *) = {
                [OPERATION_STOP] = carry_out_stop,     [OPERATION_RESTART] = carry_out_restart,
                [OPERATION_RELOAD] = carry_out_reload, [OPERATION_ROTATE] = carry_out_rotate,
                [OPERATION_RESUME] = carry_out_resume, [OPERATION_STATE] = carry_out_state,
        };
        struct transaction transaction = { .task = task, .channel = channel, .auditd = { .process = -1 } };

        set_aumessage_mode(MSG_QUIET, DBG_NO); /* libaudit writes to syslog by itself otherwise */
        if (task->operation == OPERATION_STATUS)
                carry_out_status(&transaction);
        else if (task->operation == OPERATION_REFUSAL)
                carry_out_refusal(&transaction);
        else if (find_auditd(&transaction))
                operations[task->operation](&transaction);
        transaction_end(&transaction);
}
