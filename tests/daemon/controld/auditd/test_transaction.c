/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* First the record on disk, then the signal: on a machine of the test's own. */
#include "daemon/controld/auditd/transaction.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/controld/auditd/carry_out.h"
#include "tests/daemon/controld/auditd/fake_machine.h"

#define STOPPED "recorded signalled stopped done"

/* auditd lost the record, or never got it. */
static void log_the_second(const struct request_record *record) {
        if (fake.writes == 2)
                log_it(record);
}

static void log_it_behind_others(const struct request_record *record) {
        log_others(record);
        add_records(&fake.scene, 100, 5000);
        log_it(record);
}

static void rotate_and_log_it(const struct request_record *record) {
        rotate(&fake.scene);
        log_it(record);
}

static void end_on_write(const struct request_record *record) {
        if (record->answer != ANSWER_REFUSED)
                end_auditd();
}

static void log_it_and_end(const struct request_record *record) {
        log_it(record);
        end_on_write(record);
}

static void register_another(void) {
        fake.registered = fake.auditd + 1;
}

static void end_and_register_another(void) {
        if (auditd_is_alive())
                end_auditd();
        register_another();
}

static void cancel_on_write(const struct request_record *record) {
        (void)record;
        cancel();
}

static void lose_log(const struct request_record *record) {
        (void)record;
        replace_log_by_link();
}

static void close_daemon(void) {
        if (fake.daemon >= 0)
                shutdown(fake.daemon, SHUT_RDWR);
}

static const struct scenario scenarios[] = {
        { "the record is in the log and on disk before auditd is signalled", OPERATION_STOP, .told = STOPPED,
          .trace = "login 1000; granted; synced; signal 15; synced; " },
        { "what was forced is in the record", OPERATION_STOP, .why = "login", .no_login = true, .force = true,
          .trace = "login -1; forced login; synced; signal 15; synced; ", .told = STOPPED },
        { "a record that is not in the log is written again", OPERATION_STOP, .on_write = log_the_second,
          .trace = "login 1000; granted; granted; synced; signal 15; synced; ", .told = STOPPED, .took = 3 },
        { "a record that is never in the log refuses the request in time", OPERATION_STOP, .on_write = log_nothing,
          .trace = "login 1000; granted; granted; granted; granted; granted; granted; granted; refused NotRecorded; ",
          .told = "NotRecorded", .cause = CAUSE_HUNG, .detail = "does not write to", .took = 20 },
        { "an auditd that writes other records does not hang", OPERATION_STOP, .on_write = log_others,
          .told = "NotRecorded", .cause = CAUSE_HUNG, .detail = "writes other records to " },
        { "an auditd may not have read where its log is now", OPERATION_STOP, .on_write = log_nothing, .new_conf = true,
          .told = "NotRecorded", .cause = CAUSE_HUNG, .detail = "/etc/audit/auditd.conf has changed since auditd" },
        { "the cause is that auditd is stopped", OPERATION_STOP, .manner = MANNER_STOPPED, .on_write = log_nothing,
          .told = "NotRecorded", .cause = CAUSE_STOPPED },
        { "force goes on without the record in the log, and is recorded", OPERATION_STOP, .force = true,
          .on_write = log_nothing,
          .trace = "login 1000; granted; granted; granted; granted; granted; granted; granted; forced unrecorded; "
                   "signal 15; synced; ",
          .told = "unconfirmed signalled stopped done", .first_detail = "does not write to" },
        { "records of other requests and processes do not count", OPERATION_STOP, .on_write = log_others,
          .told = "NotRecorded", .cause = CAUSE_HUNG },
        { "the record is found among others", OPERATION_STOP, .on_write = log_it_behind_others, .told = STOPPED },
        { "the record is found in a log that was rotated meanwhile", OPERATION_STOP, .on_write = rotate_and_log_it,
          .trace = "login 1000; granted; synced; signal 15; synced; ", .told = STOPPED },
        { "an auditd that ends meanwhile was not stopped by the request", OPERATION_STOP, .on_write = end_on_write,
          .trace = "login 1000; granted; refused EndedByItself; ", .told = "EndedByItself" },
        { "what auditd wrote before it ended is seen", OPERATION_STOP, .on_write = log_it_and_end,
          .trace = "login 1000; granted; synced; refused EndedByItself; ", .told = "recorded EndedByItself" },
        { "an auditd that is not the audit daemon any more is not signalled, and has not ended", OPERATION_STOP,
          .on_ask = register_another, .told = "recorded Failed",
          .trace = "login 1000; granted; synced; refused Failed; ",
          .detail = "runs, but the kernel gives its records to another process (pid " },
        { "an auditd that has ended and was replaced is not signalled", OPERATION_STOP,
          .on_ask = end_and_register_another, .told = "recorded EndedByItself",
          .trace = "login 1000; granted; synced; refused EndedByItself; " },
        { "a signal that cannot be sent is no signal", OPERATION_STOP, .signal_error = -EPERM,
          .told = "recorded Failed", .trace = "login 1000; granted; synced; signal 15; refused Failed; ",
          .detail = "cannot be signalled: Operation not permitted" },
        { "a signal to a process that has ended is no signal", OPERATION_STOP, .signal_error = -ESRCH,
          .told = "recorded EndedByItself", .detail = "ended before it was told to" },
        { "a request can be cancelled while it waits for its record", OPERATION_STOP, .on_write = cancel_on_write,
          .trace = "login 1000; granted; refused Cancelled; ", .told = "Cancelled" },
        { "a request can be cancelled until just before the signal", OPERATION_STOP, .on_ask = cancel,
          .trace = "login 1000; granted; synced; refused Cancelled; ", .told = "recorded Cancelled" },
        { "without its caller in the trail nothing is written", OPERATION_STOP, .login_error = -EPERM,
          .trace = "login 1000; ", .told = "Failed", .detail = "cannot take on the caller's login" },
        { "a record that the kernel does not take is no record", OPERATION_STOP, .write_error = -EPERM,
          .trace = "login 1000; granted; ", .told = "Failed", .detail = "the kernel does not take the record" },
        { "a log that cannot be read any more is like none", OPERATION_STOP, .on_write = lose_log,
          .told = "NotConfirmed", .detail = "cannot be read any more: Too many levels" },
};

Test(transaction, the_record_comes_before_the_signal) {
        PLAY(scenarios);
}

Test(transaction, a_daemon_that_has_ended_cancels) {
        static const struct scenario scenario = { "ended", OPERATION_STOP, .on_ask = close_daemon };

        fake_start(&scenario);
        struct task task = fake_task();
        struct transaction transaction = {
                .machine = &fake_machine, .task = &task, .channel = fake.channel, .auditd = { .process = -1 }
        };

        cr_assert_eq(fake_machine.auditd_find(fake.now, &transaction.auditd, &(int){ 0 }), FAILURE_NONE);
        cr_expect(transaction_record(&transaction));
        cr_expect_not(transaction_signal(&transaction, SIGTERM));
        cr_expect_str_eq(fake.trace, "login 1000; granted; synced; refused Cancelled; ");
        cr_expect(auditd_is_alive());
        transaction_end(&transaction);
        fake_end();
}

/* The last of the stages that the worker and the daemon share. */
static _Atomic int stage;
static int stage_at_signal;

static int signal_and_look(const struct auditd *auditd, int signal) {
        (void)auditd, (void)signal;
        strcat(fake.trace, "signal 18; ");
        stage_at_signal = stage;
        return fake.scenario->signal_error;
}

static void call_off(void) {
        stage = STAGE_CALLED_OFF;
}

Test(transaction, the_stage_says_when_auditd_may_have_the_signal) {
        static const struct scenario table[] = {
                { "sent", OPERATION_STATE, .manner = MANNER_DEAF, .told = "recorded signalled NoEffect" },
                { "not sent", OPERATION_STATE, .signal_error = -EPERM, .told = "recorded Failed" },
                { "called off", OPERATION_STATE, .on_ask = call_off, .told = "recorded Cancelled" },
        };
        static const int stages[][2] = { { STAGE_SIGNALLING, STAGE_SIGNALLED },
                                         { STAGE_SIGNALLING, STAGE_BEGUN },
                                         { STAGE_NONE, STAGE_CALLED_OFF } };
        struct machine machine = fake_machine;

        machine.auditd_signal = signal_and_look;
        for (size_t i = 0; i < 3; i++) {
                fake_start(&table[i]);
                struct task task = fake_task();
                stage = STAGE_BEGUN;
                stage_at_signal = STAGE_NONE;
                task.stage = &stage;
                carry_out(&machine, &task, fake.channel);
                cr_expect_eq(stage_at_signal, stages[i][0], "%s: %d", table[i].name, stage_at_signal);
                cr_expect_eq(stage, stages[i][1], "%s: %d", table[i].name, stage);
                fake_expect();
                fake_end();
        }
}

static bool any(const struct transaction *of, const struct log_record *record) {
        (void)of, (void)record;
        return true;
}

Test(transaction, after_the_signal_it_is_too_late_to_cancel) {
        static const struct scenario scenario = { "deaf", OPERATION_STOP, .manner = MANNER_DEAF };

        fake_start(&scenario);
        struct task task = fake_task();
        struct transaction transaction = {
                .machine = &fake_machine, .task = &task, .channel = fake.channel, .auditd = { .process = -1 }
        };
        struct log_record record;

        cr_assert_eq(fake_machine.auditd_find(fake.now, &transaction.auditd, &(int){ 0 }), FAILURE_NONE);
        cr_assert(transaction_record(&transaction) && transaction_signal(&transaction, SIGTERM));
        cancel();
        cr_expect_eq(transaction_wait(&transaction, fake.now + SECOND, any, &record), WAIT_TIMEOUT);
        transaction_end(&transaction);
        fake_end();
}

/* What prevents that the record is seen on disk. */
static const struct scenario obstacles[] = {
        { "no log", .no_log = true, .first_detail = "auditd writes no log (write_logs or log_format in /etc/audit/" },
        { "no configuration", .no_conf = true,
          .first_detail = "auditd's configuration cannot be read: the form of a line, the owner or the mode of " },
        { "a link", .linked_log = true, .on_write = log_nothing, .first_detail = "cannot be read: Too many levels" },
        { "a broken disk", .sync_error = -EIO, .first_detail = "cannot be put on disk: Input/output error" },
        { "no local events", .unregistered = true, .first_detail = "gets no records of this machine (local_events" },
};

static void play_obstacles(bool lenient, bool force, const char *told, const char *done) {
        for (size_t i = 0; i < sizeof(obstacles) / sizeof(*obstacles); i++) {
                struct scenario scenario = obstacles[i];

                scenario.operation = OPERATION_STOP;
                scenario.lenient = lenient;
                scenario.force = force;
                scenario.told = told;
                fake_start(&scenario);
                struct task task = fake_task();
                carry_out(&fake_machine, &task, fake.channel);
                fake_expect();
                cr_expect_not_null(strstr(fake.trace, done), "%s: %s", scenario.name, fake.trace);
                cr_expect_eq(!strstr(fake.trace, "policy"), force, "%s: %s", scenario.name, fake.trace);
                fake_end();
        }
}

Test(transaction, the_policy_decides_about_a_record_that_cannot_be_seen) {
        play_obstacles(false, false, "NotConfirmed", "policy of auditctl; refused NotConfirmed; ");
        play_obstacles(true, false, "unconfirmed signalled stopped done", "policy of auditctl; signal 15; ");
}

Test(transaction, force_needs_no_policy) {
        play_obstacles(false, true, "unconfirmed signalled stopped done", "forced unconfirmed; signal 15; ");
}

/* Mounts something over the log's folder, and carries the request out. Only a process with one thread can do that. */
static int carry_out_in_sandbox(const struct task *task) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 || mount("tmpfs", fake.scene.folder, "tmpfs", 0, NULL) < 0)
                return 77;
        carry_out(&fake_machine, task, fake.channel);
        return fake.now == 1000000 * SECOND ? 0 : 1;
}

/* No time is lost: the folder is there, but the log will not be. */
Test(transaction, a_log_that_the_sandbox_hides_cannot_confirm) {
        static const struct scenario scenario = { "hidden", OPERATION_STOP, .on_write = log_nothing,
                                                  .told = "NotConfirmed",
                                                  .detail = " is hidden from auditfail-controld by " };
        int status;

        fake_start(&scenario);
        struct task task = fake_task();
        pid_t pid = fork();

        if (pid == 0)
                _exit(carry_out_in_sandbox(&task));
        cr_assert_eq(waitpid(pid, &status, 0), pid);
        if (WEXITSTATUS(status) == 77) {
                fake_end();
                cr_skip("this machine does not let a process make mounts");
        }
        cr_expect_eq(status, 0);
        fake_expect();
        fake_end();
}

static void lose_it(const struct request_record *record) {
        (void)record;
        fake.drops.state.lost++;
}

static void lose_it_among_others(const struct request_record *record) {
        lose_it(record);
        add_records(&fake.scene, 100, 100);
}

#define EXCLUDED                                                                                                       \
        { .known = true, .drops = true, .cause = CAUSE_EXCLUDED, .detail = "a rule", .rule = "never,user" }
#define OFF                                                                                                            \
        { .known = true, .drops = true, .cause = CAUSE_DISABLED, .detail = "off" }
#define KNOWN                                                                                                          \
        { .known = true }

static void exclude_it(const struct request_record *record) {
        (void)record;
        fake.drops = (struct kernel_drops)EXCLUDED;
}

static void exclude_it_deletably(const struct request_record *record) {
        exclude_it(record);
        fake.drops.deletable = true;
}

/* A kernel that acknowledges records and drops them. A full queue is its fault only if auditd takes records. */
static const struct scenario drops[] = {
        { "nothing is written while auditing is off", OPERATION_STOP, .drops = OFF, .trace = "login 1000; ",
          .told = "NotRecorded", .cause = CAUSE_DISABLED, .detail = "off", .took = -1 },
        { "nothing is written if a rule drops it", OPERATION_STOP, .drops = EXCLUDED, .trace = "login 1000; ",
          .told = "NotRecorded", .cause = CAUSE_EXCLUDED, .detail = "a rule", .rule = "", .took = -1 },
        { "a resume does not help", OPERATION_RESUME, .drops = EXCLUDED, .trace = "login 1000; ", .told = "NotRecorded",
          .cause = CAUSE_EXCLUDED },
        { "force goes on", OPERATION_STOP, .force = true, .drops = OFF, .first_detail = "off",
          .trace = "login 1000; forced unrecorded; signal 15; synced; ", .told = "unconfirmed signalled stopped done" },
        { "a rule that was made meanwhile", OPERATION_STOP, .on_write = exclude_it, .told = "NotRecorded",
          .cause = CAUSE_EXCLUDED, .rule = "" },
        { "a rule that can be deleted", OPERATION_STOP, .on_write = exclude_it_deletably, .told = "NotRecorded",
          .cause = CAUSE_EXCLUDED, .rule = "never,user" },
        { "the rate limit", OPERATION_STOP,
          .drops = { .known = true, .state.lost = UINT32_MAX - 1, .state.rate_limit = 1 }, .on_write = lose_it,
          .told = "NotRecorded", .cause = CAUSE_LOST, .detail = "the kernel lost 7 records meanwhile (rate limit 1," },
        { "a queue that auditd has filled", OPERATION_STOP, .drops = KNOWN, .on_write = lose_it, .told = "NotRecorded",
          .cause = CAUSE_HUNG },
        { "a queue that is full although auditd writes", OPERATION_STOP, .drops = KNOWN,
          .on_write = lose_it_among_others, .told = "NotRecorded", .cause = CAUSE_LOST },
        { "a stopped auditd is the cause of lost records", OPERATION_STOP, .manner = MANNER_STOPPED, .drops = KNOWN,
          .on_write = lose_it, .told = "NotRecorded", .cause = CAUSE_STOPPED },
};

Test(transaction, a_kernel_that_drops_records) {
        PLAY(drops);
}

static void log_when_signalled(const struct request_record *record) {
        if (strstr(fake.trace, "signal"))
                log_it(record);
}

static void lose_after_signal(const struct request_record *record) {
        if (!strstr(fake.trace, "signal"))
                return;
        end_on_write(record);
}

static void lose_log_after_signal(const struct request_record *record) {
        (void)record;
        if (strstr(fake.trace, "signal "))
                replace_log_by_link();
}

/* A suspended auditd logs no record of the request before it resumes. */
static const struct scenario resumes[] = {
        { "goes on without the record, which is logged afterwards", OPERATION_RESUME, .on_write = log_when_signalled,
          .trace = "login 1000; granted; granted; signal 12; granted; synced; ",
          .told = "unconfirmed signalled recorded done" },
        { "does not help an auditd that is stopped", OPERATION_RESUME, .manner = MANNER_STOPPED,
          .on_write = log_nothing, .told = "NotRecorded", .cause = CAUSE_STOPPED },
        { "has no effect if the record is not logged afterwards", OPERATION_RESUME, .manner = MANNER_DEAF,
          .on_write = log_nothing, .told = "unconfirmed signalled NoEffect", .detail = "does not write to" },
        { "has no known effect if the log cannot be read any more", OPERATION_RESUME, .on_write = lose_log_after_signal,
          .told = "unconfirmed signalled Failed", .detail = "cannot be read any more: Too many levels" },
        { "has no effect if auditd ends", OPERATION_RESUME, .on_write = lose_after_signal,
          .told = "unconfirmed signalled NoEffect", .detail = "has ended by itself" },
        { "is done if only the disk is broken", OPERATION_RESUME, .on_write = log_when_signalled, .sync_error = -EIO,
          .trace = "login 1000; granted; granted; signal 12; granted; synced; ",
          .told = "unconfirmed signalled unconfirmed done" },
};

Test(transaction, a_resume) {
        PLAY(resumes);
}

#define SAID "type=DAEMON_END msg=audit(1700000001.456:9): op=terminate auid=1000"

Test(transaction, records_of_auditd_are_kept_word_for_word_as_long_as_they_fit) {
        static const char line[] = SAID "\x1d"
                                        "AUID=\"alice\"";
        static const struct task task = { .caller.peer.auid = 1000 };
        static struct transaction transaction = { .task = &task };
        struct log_record record;

        cr_assert(log_record_parse(line, sizeof(line) - 1, &record));
        transaction_keep(&transaction, &record);
        cr_expect_str_eq(transaction.trail, SAID "\n");
        for (int i = 0; i < 1000; i++)
                transaction_keep(&transaction, &record);
        cr_expect_lt(strlen(transaction.trail), sizeof(transaction.trail));
        cr_expect_eq(transaction.trail[strlen(transaction.trail) - 1], '\n');
}
