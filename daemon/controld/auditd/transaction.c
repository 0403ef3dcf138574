/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/transaction.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WRITE_AGAIN_USEC 3000000ULL /* a record that is not in the log by then is written again */
#define DETAIL_MAX       2048
#define RECORDS_AT_ONCE  256 /* of the log, before other events are checked */
#define SKIPS_MAX        100 /* times that many: a flood must not delay the signal */
#define END_MSEC         1000
#define POLL_MSEC        100 /* inotify may drop events: its queue has a limit */

uint64_t transaction_now(const struct transaction *transaction) {
        return transaction->machine->monotonic_usec();
}

int transaction_write(const struct transaction *transaction, enum operation operation, enum answer answer,
                      const char *why) {
        const struct task *task = transaction->task;
        struct request_record record = {
                .operation = operation_word(operation),
                .answer = answer,
                .why = why,
                .reason = task->reason,
                .caller = &task->caller,
        };

        memcpy(record.id, task->id, sizeof(record.id));
        return transaction->machine->request_record_write(&record);
}

/* Writes the record of a request that is carried out. Returns 0 or a negative errno. */
static int write_granted(const struct transaction *transaction) {
        const char *forced = transaction->task->why;

        return transaction_write(transaction, transaction->task->operation, *forced ? ANSWER_FORCED : ANSWER_GRANTED,
                                 forced);
}

void transaction_send(struct transaction *transaction, struct worker_message *message) {
        message->signalled = transaction->signalled;
        message->auditd = message->auditd ? message->auditd : transaction->auditd.pid;
        memcpy(message->event, transaction->event, sizeof(message->event));
        message->goes_on_usec = message->signalled && message->failure ? transaction->goes_on_usec : 0;
        message->trail = worker_message_is_last(message) ? transaction->trail : NULL;
        /* Without its daemon, a worker still has to see a stop through. */
        (void)worker_message_send(transaction->channel, message);
        /* Last: to write a record takes long if auditing does not work, which may be what failed. */
        if (message->failure != FAILURE_NONE && transaction->recorded && !transaction->signalled)
                transaction_write(transaction, transaction->task->operation, ANSWER_REFUSED,
                                  request_failure_word(message->failure));
}

void transaction_step(struct transaction *transaction, enum request_step step, const char *detail) {
        struct worker_message message = { .step = step, .detail = detail };

        transaction_send(transaction, &message);
}

static void __attribute__((format(printf, 3, 0)))
send_failure(struct transaction *transaction, enum request_failure failure, const char *format, va_list arguments) {
        char detail[DETAIL_MAX];
        struct worker_message message = { .failure = failure, .detail = detail };

        /* clang's analyzer loses va_start() when it looks into a variadic function from a caller in the same file. */
        vsnprintf(detail, sizeof(detail), format, arguments); /* NOLINT(clang-analyzer-valist.Uninitialized) */
        transaction_send(transaction, &message);
}

bool transaction_fail(struct transaction *transaction, enum request_failure failure, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        send_failure(transaction, failure, format, arguments);
        va_end(arguments);
        return false;
}

void transaction_end(struct transaction *transaction) {
        auditd_close(&transaction->auditd);
        transaction->log = log_watch_free(transaction->log);
}

/* The daemon sends nothing on the channel. Its end means that the daemon cancels, or has ended. */
static bool cancelled(const struct transaction *transaction) {
        struct pollfd channel = { .fd = transaction->channel, .events = POLLIN | POLLRDHUP };

        return !transaction->signalled && poll(&channel, 1, 0) > 0;
}

/*
 * Reads what the log has now, but not all of a flood. Returns 1 (*RET is wanted), 0 (the log has no more now), -EAGAIN
 * (it may have more), or another negative errno.
 */
static int search_log(struct transaction *transaction,
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

static void wait_for_events(const struct transaction *transaction, uint64_t timeout_usec) {
        struct pollfd events[] = {
                { .fd = transaction->auditd.process, .events = POLLIN },
                { .fd = transaction->log ? log_watch_fd(transaction->log) : -1, .events = POLLIN },
                { .fd = transaction->signalled ? -1 : transaction->channel, .events = POLLIN | POLLRDHUP },
        };
        uint64_t timeout_msec = timeout_usec / 1000 + 1;

        transaction->machine->poll(events, 3, timeout_msec < POLL_MSEC ? (int)timeout_msec : POLL_MSEC);
}

enum wait_result transaction_wait(struct transaction *transaction, uint64_t until_usec,
                                  bool (*is_wanted)(const struct transaction *, const struct log_record *),
                                  struct log_record *ret) {
        for (;;) {
                /* In this order: what auditd wrote before it ended is in the log by then. */
                bool ended = auditd_has_ended(&transaction->auditd);
                int r = search_log(transaction, is_wanted, ret);
                uint64_t now;

                if (r == 1)
                        return WAIT_RECORD;
                if (r < 0 && r != -EAGAIN) {
                        transaction->log = log_watch_free(transaction->log);
                        errno = -r;
                        return WAIT_LOG_ERROR;
                }
                if (ended && r == 0)
                        return WAIT_ENDED;
                if (cancelled(transaction))
                        return WAIT_CANCELLED;
                now = transaction_now(transaction);
                if (now >= until_usec)
                        return WAIT_TIMEOUT;
                if (r == 0)
                        wait_for_events(transaction, until_usec - now);
        }
}

static enum sender sender_of(const struct transaction *transaction, const struct log_record *record) {
        uint32_t login = transaction->task->caller.peer.auid;
        uint64_t auid;

        if (login == PEER_UNSET || !log_record_number(record, "auid", &auid) || auid == login)
                return SENDER_RIGHT;
        return auid == PEER_UNSET ? SENDER_LOST : SENDER_OTHER;
}

void transaction_keep(struct transaction *transaction, const struct log_record *record) {
        size_t used = strlen(transaction->trail), room = sizeof(transaction->trail) - used;
        /* Behind this character is what log_format = ENRICHED adds for programs. */
        const char *end = memchr(record->line, '\x1d', record->length);
        int length = (int)(end ? (size_t)(end - record->line) : record->length);

        transaction->sender = sender_of(transaction, record);
        if ((size_t)length + 2 <= room)
                snprintf(transaction->trail + used, room, "%.*s\n", length, record->line);
}

/* Opens auditd's log. Returns whether it can be read; if not, WHY says why. */
static bool open_log(struct transaction *transaction, char *why, size_t size) {
        struct auditd_conf *conf = &transaction->conf;
        int r = transaction->machine->auditd_conf_find(transaction->auditd.pid, conf);

        if (r == -EBADMSG)
                snprintf(why, size,
                         "auditd's configuration cannot be read: the form of a line, the owner or the mode of "
                         "%.500s/auditd.conf is wrong",
                         conf->folder);
        else if (r < 0)
                snprintf(why, size, "auditd's configuration cannot be read: %s", strerror(-r));
        else if (!conf->writes)
                snprintf(why, size, "auditd writes no log (write_logs or log_format in %s/auditd.conf)", conf->folder);
        else if (auditd_log_is_hidden(&transaction->auditd, conf->log_file, why, size))
                ;
        else if ((r = log_watch_new(conf->log_file, &transaction->log)) < 0)
                snprintf(why, size, "auditd's log %s cannot be read: %s", conf->log_file, strerror(-r));
        return transaction->log;
}

/*
 * It cannot be known whether the record is on disk: WHY. Force, or else the policy for auditctl, decides. Returns
 * whether to go on.
 */
static bool go_on_unconfirmed(struct transaction *transaction, const char *why) {
        struct auditfail_question question = { .application = "auditctl", .operation = "confirm", .error = EIO };

        if (transaction->signalled)
                ; /* too late to decide anything */
        else if (transaction->task->force)
                transaction_write(transaction, transaction->task->operation, ANSWER_FORCED, "unconfirmed");
        else if (transaction->machine->auditfail_ask(&question, NULL) == AUDITFAIL_TERMINATE)
                return transaction_fail(transaction, FAILURE_NOT_CONFIRMED, "%s", why);
        transaction_step(transaction, STEP_UNCONFIRMED, why);
        return true;
}

static void set_kernel_cause(struct worker_message *message, const struct kernel_drops *drops) {
        message->cause = drops->cause;
        message->detail = drops->detail;
        if (drops->deletable)
                message->rule = drops->rule;
}

/*
 * Whether the kernel has lost records, and not because of auditd. An auditd that writes nothing may itself have filled
 * the kernel's queue; the rate limit does not depend on auditd.
 */
static bool kernel_lost_records(const struct transaction *transaction, const struct kernel_drops *now) {
        const struct kernel_drops *before = &transaction->before;

        return before->known && now->known && now->state.lost != before->state.lost &&
               (now->state.rate_limit > 0 || transaction->log_grows);
}

/*
 * auditd runs, and writes nothing to the log that its configuration names. Adds to DETAIL what else can explain that:
 * it may not have read its configuration since that changed.
 */
static void add_doubt(const struct transaction *transaction, char *detail, size_t size) {
        size_t used = strlen(detail);

        if (auditd_started_before(&transaction->auditd, &transaction->conf.changed))
                snprintf(detail + used, size - used,
                         "; %.500s/auditd.conf has changed since auditd started: if it names another log_file now, "
                         "auditd "
                         "does not write there before it reads that",
                         transaction->conf.folder);
}

/* Why the log lacks a record that the kernel has taken and, NOW, does not drop. */
static enum cause find_cause(const struct transaction *transaction, const struct kernel_drops *now, char *detail,
                             size_t size) {
        enum cause cause = auditd_trouble(&transaction->auditd, transaction->conf.log_file, detail, size);

        if (cause != CAUSE_SUSPENDED && cause != CAUSE_HUNG)
                return cause;
        if (kernel_lost_records(transaction, now)) {
                snprintf(detail, size,
                         "the kernel lost %" PRIu32 " records meanwhile (rate limit %" PRIu32 ", backlog %" PRIu32
                         " of %" PRIu32 ")",
                         now->state.lost - transaction->before.state.lost, now->state.rate_limit, now->state.backlog,
                         now->state.backlog_limit);
                return CAUSE_LOST;
        }
        if (!transaction->log_grows) {
                add_doubt(transaction, detail, size);
                return cause;
        }
        snprintf(detail, size,
                 "auditd (pid %d) writes other records to %.1000s; the record may still wait (backlog %" PRIu32
                 " of %" PRIu32 ")",
                 transaction->auditd.pid, transaction->conf.log_file, now->state.backlog, now->state.backlog_limit);
        return CAUSE_HUNG;
}

/* A resume goes on without its record on disk: its purpose is to end a suspended log or a full disk. */
static bool may_resume(const struct transaction *transaction, enum cause cause) {
        return transaction->task->operation == OPERATION_RESUME && cause != CAUSE_STOPPED && cause != CAUSE_DISABLED &&
               cause != CAUSE_EXCLUDED;
}

/* The record is not on disk, and MESSAGE has the cause. Returns whether to go on. */
static bool go_on_unrecorded(struct transaction *transaction, struct worker_message *message) {
        bool resume = may_resume(transaction, message->cause);

        if (transaction->signalled || !(resume || transaction->task->force)) {
                message->failure = transaction->signalled ? FAILURE_NO_EFFECT : FAILURE_NOT_RECORDED;
                transaction_send(transaction, message);
                return false;
        }
        if (!resume)
                transaction_write(transaction, transaction->task->operation, ANSWER_FORCED, "unrecorded");
        transaction_step(transaction, STEP_UNCONFIRMED, message->detail);
        return true;
}

static bool not_recorded(struct transaction *transaction) {
        struct kernel_drops now;
        char detail[DETAIL_MAX];
        struct worker_message message = { .detail = detail };

        transaction->machine->kernel_drops_find(&now);
        if (now.drops)
                set_kernel_cause(&message, &now);
        else
                message.cause = find_cause(transaction, &now, detail, sizeof(detail));
        return go_on_unrecorded(transaction, &message);
}

/*
 * If a file system becomes read-only while auditd has its log open, such as by sysrq-u, the log still grows in memory,
 * and fdatasync succeeds: the kernel has nothing to sync (seen with ext4).
 */
static bool sync_log(struct transaction *transaction) {
        int r = transaction->machine->log_watch_sync(transaction->log);
        char why[PATH_MAX + 256];

        if (r < 0) {
                snprintf(why, sizeof(why), "%s cannot be put on disk: %s", transaction->conf.log_file, strerror(-r));
                return go_on_unconfirmed(transaction, why);
        }
        if (auditd_trouble(&transaction->auditd, transaction->conf.log_file, why, sizeof(why)) == CAUSE_READ_ONLY)
                return not_recorded(transaction);
        transaction_step(transaction, STEP_RECORDED, NULL);
        return true;
}

/* Until when to wait for the record. The rest of the time is for the steps that follow. */
static uint64_t record_until(const struct task *task, uint64_t now) {
        uint64_t left = task->deadline_usec > now ? task->deadline_usec - now : 0;

        return now + (task->operation == OPERATION_RESUME ? left / 6 : left / 3 * 2);
}

static bool is_request(const struct transaction *transaction, const struct log_record *record) {
        const struct task *task = transaction->task;

        return request_record_matches(record, task->id, getpid(), task->caller.peer.auid);
}

/* Waits for the record, which was written at NOW, in the log. Writes it again every WRITE_AGAIN_USEC. */
static bool await_record(struct transaction *transaction, uint64_t now) {
        uint64_t until = record_until(transaction->task, now), again = now + WRITE_AGAIN_USEC;
        struct log_record record;
        char why[PATH_MAX + 256];

        for (;;) {
                switch (transaction_wait(transaction, again < until ? again : until, is_request, &record)) {
                case WAIT_RECORD:
                        snprintf(transaction->event, sizeof(transaction->event), "%" PRIu64 ".%03u:%" PRIu64,
                                 record.seconds, record.milliseconds, record.serial);
                        snprintf(transaction->node, sizeof(transaction->node), "%.*s",
                                 (int)(record.type - strlen("type=") - record.line), record.line);
                        return sync_log(transaction);
                case WAIT_ENDED:
                        return transaction_fail(transaction,
                                                transaction->signalled ? FAILURE_NO_EFFECT : FAILURE_ENDED_BY_ITSELF,
                                                "auditd (pid %d) has ended by itself", transaction->auditd.pid);
                case WAIT_CANCELLED:
                        return transaction_fail(transaction, FAILURE_CANCELLED, "cancelled");
                case WAIT_LOG_ERROR:
                        snprintf(why, sizeof(why), "%s cannot be read any more: %m", transaction->conf.log_file);
                        return transaction->signalled ? transaction_fail(transaction, FAILURE_FAILED, "%s", why)
                                                      : go_on_unconfirmed(transaction, why);
                case WAIT_TIMEOUT:
                        now = transaction_now(transaction);
                        if (now >= until)
                                return not_recorded(transaction);
                        write_granted(transaction);
                        again = now + WRITE_AGAIN_USEC;
                }
        }
}

bool transaction_record(struct transaction *transaction) {
        const struct machine *machine = transaction->machine;
        struct worker_message dropped = { 0 };
        uint64_t now = transaction_now(transaction);
        char why[PATH_MAX + 256] = "";
        bool readable;
        int r;

        if ((r = machine->adopt_login(transaction->task->caller.peer.auid)) < 0)
                return transaction_fail(transaction, FAILURE_FAILED, "cannot take on the caller's login: %s",
                                        strerror(-r));
        readable = open_log(transaction, why, sizeof(why));
        machine->kernel_drops_find(&transaction->before);
        if (transaction->before.drops) {
                set_kernel_cause(&dropped, &transaction->before);
                return go_on_unrecorded(transaction, &dropped);
        }
        if ((r = write_granted(transaction)) < 0)
                return transaction_fail(transaction, FAILURE_FAILED, "the kernel does not take the record: %s",
                                        strerror(-r));
        transaction->recorded = true;
        if (transaction->unregistered)
                snprintf(why, sizeof(why),
                         "auditd (pid %d) gets no records of this machine (local_events = no), so that its log cannot "
                         "show the request",
                         transaction->auditd.pid);
        return readable && !transaction->unregistered ? await_record(transaction, now)
                                                      : go_on_unconfirmed(transaction, why);
}

bool transaction_record_again(struct transaction *transaction) {
        int r = write_granted(transaction);

        if (r < 0)
                return transaction_fail(transaction, FAILURE_NO_EFFECT, "the kernel does not take the record: %s",
                                        strerror(-r));
        return await_record(transaction, transaction_now(transaction));
}

static bool fail_ended(struct transaction *transaction) {
        return transaction_fail(transaction, FAILURE_ENDED_BY_ITSELF, "auditd (pid %d) ended before it was told to",
                                transaction->auditd.pid);
}

/*
 * Fails: the kernel has another audit daemon now (AUDITD, or 0: none). An auditd that ends is unregistered first, so
 * its end is awaited for a moment.
 */
static bool fail_replaced(struct transaction *transaction, pid_t auditd) {
        struct pollfd process = { .fd = transaction->auditd.process, .events = POLLIN };

        transaction->machine->poll(&process, 1, END_MSEC);
        if (auditd_has_ended(&transaction->auditd))
                return fail_ended(transaction);
        return transaction_fail(transaction, FAILURE_FAILED,
                                "auditd (pid %d) runs, but the kernel gives its records to %s (pid %d) now",
                                transaction->auditd.pid, auditd ? "another process" : "no process", auditd);
}

/* Whether the kernel still has the same audit daemon. The last moment to cancel. */
static bool may_signal(struct transaction *transaction) {
        struct audit_state kernel;
        int r = transaction->machine->kernel_audit_ask(transaction->task->deadline_usec, &kernel);

        if (cancelled(transaction))
                return transaction_fail(transaction, FAILURE_CANCELLED, "cancelled");
        if (r < 0)
                return transaction_fail(transaction, FAILURE_FAILED,
                                        "the kernel does not say who the audit daemon is: %s", strerror(-r));
        if (auditd_has_ended(&transaction->auditd))
                return fail_ended(transaction);
        if (kernel.auditd != (transaction->unregistered ? 0 : transaction->auditd.pid))
                return fail_replaced(transaction, kernel.auditd);
        return true;
}

static bool is_unwanted(const struct transaction *transaction, const struct log_record *record) {
        (void)transaction, (void)record;
        return false;
}

/*
 * Skips what the log has before the signal. Otherwise auditd's record about an earlier signal, whose sender it did not
 * learn, could be taken for its record about this signal. An error comes again with the next wait.
 */
static void skip_log(struct transaction *transaction) {
        struct log_record record;

        for (int i = 0; i < SKIPS_MAX && search_log(transaction, is_unwanted, &record) == -EAGAIN; i++)
                ;
}

/*
 * Moves the request to SIGNALLING, unless the daemon has called it off. If the worker is killed at this stage, auditd
 * may have the signal.
 */
static bool begin_signal(const struct transaction *transaction) {
        _Atomic int *stage = transaction->task->stage;

        return !stage || atomic_compare_exchange_strong(stage, &(int){ STAGE_BEGUN }, STAGE_SIGNALLING);
}

static void end_signal(const struct transaction *transaction, bool sent) {
        if (transaction->task->stage)
                *transaction->task->stage = sent ? STAGE_SIGNALLED : STAGE_BEGUN;
}

bool transaction_signal(struct transaction *transaction, int signal) {
        int r;

        if (!may_signal(transaction))
                return false;
        skip_log(transaction);
        if (!begin_signal(transaction))
                return transaction_fail(transaction, FAILURE_CANCELLED, "cancelled");
        r = transaction->machine->auditd_signal(&transaction->auditd, signal);
        end_signal(transaction, r == 0);
        if (r == -ESRCH)
                return fail_ended(transaction);
        if (r < 0)
                return transaction_fail(transaction, FAILURE_FAILED, "auditd (pid %d) cannot be signalled: %s",
                                        transaction->auditd.pid, strerror(-r));
        transaction->signalled = true;
        transaction_step(transaction, STEP_SIGNALLED, NULL);
        return true;
}
