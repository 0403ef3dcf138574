/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/transaction.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "auditfail.h"
#include "daemon/controld/auditd/request_record.h"
#include "protocol/clock.h"

#define WRITE_AGAIN_USEC 3000000ULL /* a record that was not seen for so long is written again */
#define DETAIL_MAX       2048
#define RECORDS_AT_ONCE  256 /* of the log, before looking at what else happens */
#define LOOK_AGAIN_MSEC  100 /* should inotify not tell: it has a limit of its own for events */

/* Writes a record of the request. WHY: what was forced, or why it was refused. Returns 0 or a negative errno. */
static int write_record(const struct task *task, enum answer answer, const char *why) {
        struct request_record record = {
                .operation = operation_word(task->operation),
                .answer = answer,
                .why = why,
                .reason = task->reason,
                .caller = &task->caller,
        };

        memcpy(record.id, task->id, sizeof(record.id));
        return request_record_write(&record);
}

void transaction_tell(struct transaction *transaction, struct worker_message *message) {
        message->signalled = transaction->signalled;
        message->auditd = message->auditd ? message->auditd : transaction->auditd.pid;
        memcpy(message->event, transaction->event, sizeof(message->event));
        message->trail = worker_message_is_last(message) ? transaction->trail : NULL;
        /* Without its daemon, a worker still has to see a stop through. */
        (void)worker_message_send(transaction->channel, message);
        /* Last, since it may take long: this may be told because auditing does not work. */
        if (message->failure != FAILURE_NONE && transaction->recorded && !transaction->signalled)
                write_record(transaction->task, ANSWER_REFUSED, request_failure_word(message->failure));
}

void transaction_step(struct transaction *transaction, enum request_step step, const char *detail) {
        struct worker_message message = { .step = step, .detail = detail };

        transaction_tell(transaction, &message);
}

static void __attribute__((format(printf, 3, 0)))
tell_failure(struct transaction *transaction, enum request_failure failure, const char *format, va_list arguments) {
        char detail[DETAIL_MAX];
        struct worker_message message = { .failure = failure, .detail = detail };

        /* clang's analyzer loses va_start() when it looks into a variadic function from a caller in the same file. */
        vsnprintf(detail, sizeof(detail), format, arguments); /* NOLINT(clang-analyzer-valist.Uninitialized) */
        transaction_tell(transaction, &message);
}

bool transaction_fail(struct transaction *transaction, enum request_failure failure, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        tell_failure(transaction, failure, format, arguments);
        va_end(arguments);
        return false;
}

void transaction_end(struct transaction *transaction) {
        auditd_release(&transaction->auditd);
        transaction->log = log_watch_free(transaction->log);
}

/* Nothing ever comes on the channel but its end: the daemon wants this to be given up, or has ended itself. */
static bool cancelled(const struct transaction *transaction) {
        struct pollfd channel = { .fd = transaction->channel, .events = POLLIN | POLLRDHUP };

        return !transaction->signalled && poll(&channel, 1, 0) > 0;
}

/*
 * Looks through what there is in the log, but not for ever: a flood may add to it as fast as we read. Returns 1 (*RET
 * is wanted), 0 (there is none now), -EAGAIN (there may be more), or another negative errno.
 */
static int look_through_log(struct transaction *transaction,
                            bool (*is_wanted)(const struct transaction *, const struct log_record *),
                            struct log_record *ret) {
        for (int i = 0; transaction->log && i < RECORDS_AT_ONCE; i++) {
                int r = log_watch_next(transaction->log, ret);

                if (r <= 0)
                        return r;
                transaction->log_grows = true;
                if (is_wanted(transaction, ret))
                        return 1;
        }
        return transaction->log ? -EAGAIN : 0;
}

static void wait_for_events(const struct transaction *transaction, uint64_t patience_usec) {
        struct pollfd wanted[] = {
                { .fd = transaction->auditd.process, .events = POLLIN },
                { .fd = transaction->log ? log_watch_fd(transaction->log) : -1, .events = POLLIN },
                { .fd = transaction->signalled ? -1 : transaction->channel, .events = POLLIN | POLLRDHUP },
        };
        uint64_t patience_msec = patience_usec / 1000 + 1;

        poll(wanted, 3, patience_msec < LOOK_AGAIN_MSEC ? (int)patience_msec : LOOK_AGAIN_MSEC);
}

enum woken transaction_wait(struct transaction *transaction, uint64_t until_usec,
                            bool (*is_wanted)(const struct transaction *, const struct log_record *),
                            struct log_record *ret) {
        for (;;) {
                /* First whether it has ended: what it wrote before is in the log by then. */
                bool ended = auditd_has_ended(&transaction->auditd);
                int r = look_through_log(transaction, is_wanted, ret);
                uint64_t now;

                if (r == 1)
                        return WOKEN_RECORD;
                if (r < 0 && r != -EAGAIN) {
                        transaction->log = log_watch_free(transaction->log);
                        errno = -r;
                        return WOKEN_BLIND;
                }
                if (ended && r == 0)
                        return WOKEN_ENDED;
                if (cancelled(transaction))
                        return WOKEN_CANCELLED;
                now = monotonic_usec();
                if (now >= until_usec)
                        return WOKEN_TIME;
                if (r == 0)
                        wait_for_events(transaction, until_usec - now);
        }
}

void transaction_keep(struct transaction *transaction, const struct log_record *record) {
        size_t used = strlen(transaction->trail), room = sizeof(transaction->trail) - used;
        /* What log_format = ENRICHED adds for machines stands behind this character. */
        const char *end = memchr(record->line, '\x1d', record->length);
        int length = (int)(end ? (size_t)(end - record->line) : record->length);

        if ((size_t)length + 2 <= room)
                snprintf(transaction->trail + used, room, "%.*s\n", length, record->line);
}

/* Opens the log. What is wrong with it goes to WHY. */
static bool open_log(struct transaction *transaction, char *why, size_t size) {
        char folder[PATH_MAX];
        int r;

        if ((r = auditd_conf_folder("/proc", transaction->auditd.pid, folder)) < 0 ||
            (r = auditd_conf_read(folder, &transaction->conf)) < 0) {
                snprintf(why, size, "auditd's configuration cannot be read: %s", strerror(-r));
                return false;
        }
        if (!transaction->conf.writes) {
                snprintf(why, size, "auditd writes no log (write_logs or log_format in %s/auditd.conf)", folder);
                return false;
        }
        if ((r = log_watch_new(transaction->conf.log_file, &transaction->log)) < 0) {
                snprintf(why, size, "auditd's log %s cannot be read: %s", transaction->conf.log_file, strerror(-r));
                return false;
        }
        return true;
}

/*
 * Nobody can say whether the record is on disk: WHY. The policy for auditctl says what that means, unless the caller
 * said it. Returns whether to go on.
 */
static bool go_on_unconfirmed(struct transaction *transaction, const char *why) {
        struct auditfail_question question = { .application = "auditctl", .operation = "confirm", .error = EIO };

        if (transaction->signalled)
                ; /* it is too late to decide anything */
        else if (transaction->task->force)
                write_record(transaction->task, ANSWER_FORCED, "unconfirmed");
        else if (auditfail_ask(&question, NULL) == AUDITFAIL_TERMINATE)
                return transaction_fail(transaction, FAILURE_NOT_CONFIRMED, "%s", why);
        transaction_step(transaction, STEP_UNCONFIRMED, why);
        return true;
}

static void blame_kernel(struct worker_message *message, const struct kernel_drops *drops) {
        message->cause = drops->cause;
        message->detail = drops->detail;
        if (drops->deletable)
                message->rule = drops->rule;
}

/*
 * Whether the kernel lost records on the way to the audit daemon, and the audit daemon is not to blame. Where it has
 * written nothing since, its own silence may have filled the kernel's queue; a rate limit has nothing to do with it.
 */
static bool kernel_lost_records(const struct transaction *transaction, const struct kernel_drops *now) {
        const struct kernel_drops *before = &transaction->before;

        return before->known && now->known && now->lost != before->lost &&
               (now->rate_limit > 0 || transaction->log_grows);
}

/* Why the record, which was written, is not in the log although the kernel, NOW, does not drop it. */
static enum cause find_cause(const struct transaction *transaction, const struct kernel_drops *now, char *detail,
                             size_t size) {
        enum cause cause = auditd_trouble(&transaction->auditd, transaction->conf.log_file, detail, size);

        if ((cause != CAUSE_SUSPENDED && cause != CAUSE_HUNG) || !kernel_lost_records(transaction, now))
                return cause;
        snprintf(detail, size,
                 "the kernel lost %" PRIu32 " records meanwhile (rate limit %" PRIu32 ", backlog %" PRIu32
                 " of %" PRIu32 ")",
                 now->lost - transaction->before.lost, now->rate_limit, now->backlog, now->backlog_limit);
        return CAUSE_LOST;
}

/* A resume goes on although its record is not on disk: suspended logging or a full disk is what it is for. */
static bool may_resume(const struct transaction *transaction, enum cause cause) {
        return transaction->task->operation == OPERATION_RESUME && cause != CAUSE_STOPPED && cause != CAUSE_DISABLED &&
               cause != CAUSE_EXCLUDED && !transaction->signalled;
}

/* The record is not on disk, and NEWS has the cause. Returns whether to go on. */
static bool go_on_unrecorded(struct transaction *transaction, struct worker_message *message) {
        if (may_resume(transaction, message->cause)) {
                transaction_step(transaction, STEP_UNCONFIRMED, message->detail);
                return true;
        }
        if (transaction->task->force && !transaction->signalled) {
                write_record(transaction->task, ANSWER_FORCED, "unrecorded");
                transaction_step(transaction, STEP_UNCONFIRMED, message->detail);
                return true;
        }
        message->failure = transaction->signalled ? FAILURE_NO_EFFECT : FAILURE_NOT_RECORDED;
        transaction_tell(transaction, message);
        return false;
}

static bool not_recorded(struct transaction *transaction) {
        struct kernel_drops now;
        char detail[DETAIL_MAX];
        struct worker_message message = { .detail = detail };

        kernel_drops_find(&now);
        if (now.drops)
                blame_kernel(&message, &now);
        else
                message.cause = find_cause(transaction, &now, detail, sizeof(detail));
        return go_on_unrecorded(transaction, &message);
}

/* Found before the record was written. The caller is told at once: there is no use in waiting for it. */
static bool kernel_drops_it(struct transaction *transaction) {
        struct worker_message message = { 0 };

        blame_kernel(&message, &transaction->before);
        return go_on_unrecorded(transaction, &message);
}

/*
 * Where a file system becomes read-only while auditd has its log open, such as by sysrq-u, the log still grows in
 * memory, and fdatasync succeeds: the kernel takes it that there is nothing to sync (seen with ext4).
 */
static bool sync_log(struct transaction *transaction) {
        int r = log_watch_sync(transaction->log);
        char why[PATH_MAX + 256];

        if (r == 0 &&
            auditd_trouble(&transaction->auditd, transaction->conf.log_file, why, sizeof(why)) == CAUSE_READ_ONLY)
                return not_recorded(transaction);
        if (r == 0) {
                transaction_step(transaction, STEP_RECORDED, NULL);
                return true;
        }

        snprintf(why, sizeof(why), "%s cannot be put on disk: %s", transaction->conf.log_file, strerror(-r));
        return go_on_unconfirmed(transaction, why);
}

/* The record of a request that is to be carried out. */
static enum answer answer(const struct task *task) {
        return *task->why ? ANSWER_FORCED : ANSWER_GRANTED;
}

/* Until when to look for the record: what remains of the time must do for all that follows. */
static uint64_t record_until(const struct task *task, uint64_t now) {
        uint64_t left = task->deadline_usec > now ? task->deadline_usec - now : 0;

        return now + (task->operation == OPERATION_RESUME ? left / 6 : left / 3 * 2);
}

static bool is_request(const struct transaction *transaction, const struct log_record *record) {
        const struct task *task = transaction->task;

        return request_record_matches(record, task->id, getpid(), task->caller.peer.auid);
}

static bool gone_blind(struct transaction *transaction, int error) {
        char why[PATH_MAX + 256];

        snprintf(why, sizeof(why), "%s can be read no more: %s", transaction->conf.log_file, strerror(error));
        return go_on_unconfirmed(transaction, why);
}

/* Waits for the record, which was written at NOW, and writes it again where it takes long. */
static bool see_record(struct transaction *transaction, uint64_t now) {
        const struct task *task = transaction->task;
        uint64_t until = record_until(task, now), again = now + WRITE_AGAIN_USEC;
        struct log_record record;

        for (;;) {
                switch (transaction_wait(transaction, again < until ? again : until, is_request, &record)) {
                case WOKEN_RECORD:
                        snprintf(transaction->event, sizeof(transaction->event), "%" PRIu64 ".%03u:%" PRIu64,
                                 record.seconds, record.milliseconds, record.serial);
                        return sync_log(transaction);
                case WOKEN_ENDED:
                        return transaction_fail(transaction,
                                                transaction->signalled ? FAILURE_NO_EFFECT : FAILURE_ENDED_BY_ITSELF,
                                                "auditd (pid %d) has ended by itself", transaction->auditd.pid);
                case WOKEN_CANCELLED:
                        return transaction_fail(transaction, FAILURE_CANCELLED, "cancelled");
                case WOKEN_BLIND:
                        return gone_blind(transaction, errno);
                case WOKEN_TIME:
                        if (monotonic_usec() >= until)
                                return not_recorded(transaction);
                        write_record(task, answer(task), task->why);
                        again = monotonic_usec() + WRITE_AGAIN_USEC;
                }
        }
}

bool transaction_record(struct transaction *transaction) {
        const struct task *task = transaction->task;
        uint64_t now = monotonic_usec();
        char why[PATH_MAX + 256] = "";
        bool watched;
        int r;

        if ((r = adopt_login("/proc", task->caller.peer.auid)) < 0)
                return transaction_fail(transaction, FAILURE_FAILED, "cannot take on the caller's login: %s",
                                        strerror(-r));
        watched = open_log(transaction, why, sizeof(why));
        kernel_drops_find(&transaction->before);
        if (transaction->before.drops)
                return kernel_drops_it(transaction);
        if ((r = write_record(task, answer(task), task->why)) < 0)
                return transaction_fail(transaction, FAILURE_FAILED, "the kernel does not take the record: %s",
                                        strerror(-r));
        transaction->recorded = true;
        if (transaction->unregistered) {
                snprintf(why, sizeof(why),
                         "auditd (pid %d) gets no records of this machine (local_events = no), so that its log cannot "
                         "show the request",
                         transaction->auditd.pid);
                return go_on_unconfirmed(transaction, why);
        }
        return watched ? see_record(transaction, now) : go_on_unconfirmed(transaction, why);
}

bool transaction_record_again(struct transaction *transaction) {
        const struct task *task = transaction->task;
        int r = write_record(task, answer(task), task->why);

        if (r < 0)
                return transaction_fail(transaction, FAILURE_NO_EFFECT, "the kernel does not take the record: %s",
                                        strerror(-r));
        return see_record(transaction, monotonic_usec());
}

/* The last moment to give up; and whether the kernel still has the same audit daemon. */
static bool may_signal(struct transaction *transaction) {
        struct kernel_audit kernel;
        int r = kernel_audit_ask(transaction->task->deadline_usec, &kernel);

        if (cancelled(transaction))
                return transaction_fail(transaction, FAILURE_CANCELLED, "cancelled");
        if (r < 0)
                return transaction_fail(transaction, FAILURE_FAILED,
                                        "the kernel does not say who the audit daemon is: %s", strerror(-r));
        if (kernel.pid != (transaction->unregistered ? 0 : transaction->auditd.pid) ||
            auditd_has_ended(&transaction->auditd))
                return transaction_fail(transaction, FAILURE_ENDED_BY_ITSELF,
                                        "auditd (pid %d) ended before it was told to", transaction->auditd.pid);
        return true;
}

bool transaction_signal(struct transaction *transaction, int signal) {
        if (!may_signal(transaction))
                return false;
        if (pidfd_send_signal(transaction->auditd.process, signal, NULL, 0) < 0) {
                if (errno == ESRCH)
                        return transaction_fail(transaction, FAILURE_ENDED_BY_ITSELF,
                                                "auditd (pid %d) ended before it was told to", transaction->auditd.pid);
                return transaction_fail(transaction, FAILURE_FAILED, "auditd (pid %d) cannot be signalled: %s",
                                        transaction->auditd.pid, strerror(errno));
        }
        transaction->signalled = true;
        transaction_step(transaction, STEP_SIGNALLED, NULL);
        return true;
}
