/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* First on record and on disk, then the signal: on a machine of the test's own. */
#include "tests/daemon/controld/auditd/fake_transaction.h"

Test(transaction, the_record_is_seen_and_on_disk_before_auditd_is_signalled) {
        TASK;
        cr_expect(run(&task));
        expect_trace("login 1000; granted; synced; signal 15; ");
        expect_told("recorded signalled");
        cr_expect_str_eq(machine.messages[0]->event, "1700000000.123:77");
        cr_expect_eq(machine.messages[0]->auditd, machine.auditd);
        cr_expect_not(machine.messages[0]->signalled);
        cr_expect(machine.messages[1]->signalled);
        transaction_end(&transaction);
}

Test(transaction, what_was_forced_so_far_stands_in_the_record) {
        TASK;
        task.caller.peer.auid = PEER_UNSET;
        task.force = true;
        strcpy(task.why, "login");
        cr_expect(run(&task));
        expect_trace("login -1; forced login; synced; signal 15; ");
        expect_told("recorded signalled");
}

/* A record that auditd lost, or never got. */
static void log_the_second(const struct request_record *record) {
        if (machine.writes == 2)
                log_it(record);
}

Test(transaction, a_record_that_is_not_seen_is_written_again) {
        TASK;
        uint64_t before = machine.now;

        machine.on_write = log_the_second;
        cr_expect(run(&task));
        expect_trace("login 1000; granted; granted; synced; signal 15; ");
        cr_expect_geq(machine.now - before, 3 * SECOND);
        cr_expect_lt(machine.now - before, 4 * SECOND);
}

Test(transaction, a_record_that_is_never_seen_refuses_the_request_while_there_is_time) {
        TASK;
        uint64_t before = machine.now;

        machine.on_write = NULL;
        cr_expect_not(run(&task));
        expect_trace("login 1000; granted; granted; granted; granted; granted; granted; granted; "
                     "refused NotRecorded; ");
        expect_no_signal();
        expect_told("NotRecorded");
        cr_expect_eq(last_message()->cause, CAUSE_HUNG);
        cr_expect_str_neq(last_message()->detail, "");
        cr_expect_geq(machine.now - before, 20 * SECOND);
        cr_expect_lt(machine.now - before, 21 * SECOND);
}

Test(transaction, of_an_auditd_that_is_stopped_the_cause_is_told) {
        TASK;
        machine.on_write = NULL;
        kill(machine.auditd, SIGSTOP);
        cr_assert_eq(waitpid(machine.auditd, NULL, WUNTRACED), machine.auditd);
        cr_expect_not(run(&task));
        expect_no_signal();
        expect_told("NotRecorded");
        cr_expect_eq(last_message()->cause, CAUSE_STOPPED);
}

Test(transaction, without_any_time_left_nothing_is_signalled) {
        TASK;
        task.deadline_usec = machine.now - 1;
        machine.on_write = NULL;
        cr_expect_not(run(&task));
        expect_trace("login 1000; granted; refused NotRecorded; ");
}

Test(transaction, force_goes_on_without_seeing_the_record_and_that_is_recorded) {
        TASK;
        task.force = true;
        machine.on_write = NULL;
        cr_expect(run(&task));
        cr_expect_not_null(strstr(machine.trace, "granted; forced unrecorded; signal 15; "), "%s", machine.trace);
        expect_told("unconfirmed signalled");
        cr_expect_str_neq(machine.messages[0]->detail, "");
        cr_expect_str_eq(machine.messages[0]->event, "");
}

/* All that others can have in the log, and nothing that is this request's record. */
static void log_others(const struct request_record *record) {
        if (record->answer == ANSWER_REFUSED)
                return;
        log_request("TRUSTED_APP", record->id, getpid() + 1, 1000);
        log_request("TRUSTED_APP", record->id, getpid(), 1001);
        log_request("TRUSTED_APP", record->id, getpid(), PEER_UNSET);
        log_request("TRUSTED_APP", "fedcba9876543210", getpid(), 1000);
        log_request("USER_CMD", record->id, getpid(), 1000);
}

Test(transaction, somebody_elses_record_is_not_the_one) {
        TASK;
        machine.on_write = log_others;
        cr_expect_not(run(&task));
        expect_no_signal();
        expect_told("NotRecorded");
}

static void log_it_behind_others(const struct request_record *record) {
        log_others(record);
        add_records(&machine.scene, 100, 5000);
        log_it(record);
}

Test(transaction, the_record_is_found_among_others) {
        TASK;
        machine.on_write = log_it_behind_others;
        cr_expect(run(&task));
        expect_told("recorded signalled");
}

static void rotate_and_log_it(const struct request_record *record) {
        rotate(&machine.scene);
        log_it(record);
}

Test(transaction, the_record_is_found_in_a_log_that_was_rotated_meanwhile) {
        TASK;
        machine.on_write = rotate_and_log_it;
        cr_expect(run(&task));
        expect_trace("login 1000; granted; synced; signal 15; ");
}

static void end_on_write(const struct request_record *record) {
        if (record->answer != ANSWER_REFUSED)
                end_auditd();
}

Test(transaction, an_auditd_that_ends_meanwhile_was_not_stopped_by_us) {
        TASK;
        machine.on_write = end_on_write;
        cr_expect_not(run(&task));
        expect_trace("login 1000; granted; refused EndedByItself; ");
        expect_told("EndedByItself");
        cr_expect_not(last_message()->signalled);
}

static void log_it_and_end(const struct request_record *record) {
        log_it(record);
        end_on_write(record);
}

Test(transaction, what_auditd_wrote_before_it_ended_is_still_seen) {
        TASK;
        machine.on_write = log_it_and_end;
        cr_expect_not(run(&task));
        expect_trace("login 1000; granted; synced; refused EndedByItself; ");
        expect_told("recorded EndedByItself");
        cr_expect_str_eq(last_message()->event, "1700000000.123:77");
}

Test(transaction, another_audit_daemon_than_the_one_that_logged_it_is_not_signalled) {
        TASK;
        machine.registered = machine.auditd + 1;
        cr_expect_not(run(&task));
        expect_no_signal();
        expect_told("recorded EndedByItself");
        cr_expect(auditd_lives());
}

Test(transaction, a_kernel_that_does_not_answer_has_nothing_signalled) {
        TASK;
        machine.kernel_error = -ETIMEDOUT;
        cr_expect_not(run(&task));
        expect_trace("login 1000; granted; synced; refused Failed; ");
        expect_told("recorded Failed");
}

Test(transaction, a_signal_that_cannot_be_sent_is_no_signal) {
        TASK;
        machine.signal_error = -EPERM;
        cr_expect_not(run(&task));
        expect_told("recorded Failed");
        cr_expect_not(last_message()->signalled);
        machine.signal_error = -ESRCH;
        cr_expect_not(transaction_signal(&transaction, SIGTERM));
        expect_told("recorded Failed EndedByItself");
        cr_expect_not(transaction.signalled);
}

static void cancel_on_write(const struct request_record *record) {
        (void)record;
        cancel();
}

Test(transaction, it_can_be_cancelled_while_the_record_is_waited_for) {
        TASK;
        machine.on_write = cancel_on_write;
        cr_expect_not(run(&task));
        expect_trace("login 1000; granted; refused Cancelled; ");
        expect_told("Cancelled");
        cr_expect(auditd_lives());
}

Test(transaction, it_can_be_cancelled_until_the_kernel_was_asked_for_the_last_time) {
        TASK;
        machine.on_ask = cancel;
        cr_expect_not(run(&task));
        expect_trace("login 1000; granted; synced; refused Cancelled; ");
        expect_told("recorded Cancelled");
        cr_expect(auditd_lives());
}

static void close_daemon(void) {
        close(machine.daemon);
}

Test(transaction, a_daemon_that_has_ended_cancels_too) {
        TASK;
        machine.on_ask = close_daemon;
        cr_expect_not(run(&task));
        expect_trace("login 1000; granted; synced; refused Cancelled; ");
}

static bool any(const struct transaction *of, const struct log_record *record) {
        (void)of, (void)record;
        return true;
}

Test(transaction, after_the_signal_it_is_too_late_to_cancel) {
        MACHINE_OF(MANNER_DEAF);
        struct task task = request_to(OPERATION_STOP);
        struct log_record record;

        cr_assert(run(&task));
        cancel();
        cr_expect_eq(transaction_wait(&transaction, machine.now + SECOND, any, &record), WOKEN_TIME);
        expect_told("recorded signalled");
}

Test(transaction, without_its_caller_in_the_trail_nothing_is_written) {
        TASK;
        machine.login_error = -EPERM;
        cr_expect_not(run(&task));
        expect_trace("login 1000; ");
        expect_told("Failed");
}

Test(transaction, a_record_that_the_kernel_does_not_take_is_no_record) {
        TASK;
        machine.write_error = -EPERM;
        cr_expect_not(run(&task));
        expect_trace("login 1000; granted; ");
        expect_told("Failed");
}

/* What may be in the way of seeing the record. */
static void log_to_nowhere(void) {
        machine.conf.writes = false;
}

static void break_configuration(void) {
        machine.conf_error = -EBADMSG;
}

static void put_link_in_place_of_log(void) {
        cr_assert_eq(unlink(machine.scene.path), 0);
        cr_assert_eq(symlink("elsewhere", machine.scene.path), 0);
}

static void break_disk(void) {
        machine.sync_error = -EIO;
}

static void (*const obstacles[])(void) = { log_to_nowhere, break_configuration, put_link_in_place_of_log, break_disk };

/* The link, which a record is not to be written through. */
static void keep_log(const struct request_record *record) {
        if (machine.sync_error < 0)
                log_it(record);
}

static void run_unconfirmed(size_t obstacle, enum auditfail_action policy, bool force, bool *ret_went_on) {
        TASK;
        task.force = force;
        machine.policy = policy;
        machine.on_write = keep_log;
        obstacles[obstacle]();
        *ret_went_on = run(&task);
        expect_told(*ret_went_on ? "unconfirmed signalled" : "NotConfirmed");
        cr_expect_str_neq(machine.messages[0]->detail, "");
        if (force)
                cr_expect_not_null(strstr(machine.trace, "forced unconfirmed; signal 15; "), "%s", machine.trace);
        else if (*ret_went_on)
                cr_expect_not_null(strstr(machine.trace, "policy of auditctl; signal 15; "), "%s", machine.trace);
        else
                cr_expect_not_null(strstr(machine.trace, "policy of auditctl; refused NotConfirmed; "), "%s",
                                   machine.trace);
        transaction_end(&transaction);
}

Test(transaction, of_a_record_that_nobody_can_see_the_policy_decides) {
        for (size_t i = 0; i < sizeof(obstacles) / sizeof(*obstacles); i++) {
                bool went_on;

                run_unconfirmed(i, AUDITFAIL_TERMINATE, false, &went_on);
                cr_expect_not(went_on, "%zu", i);
                expect_no_signal();
                run_unconfirmed(i, AUDITFAIL_LOG, false, &went_on);
                cr_expect(went_on, "%zu", i);
                run_unconfirmed(i, AUDITFAIL_IGNORE, false, &went_on);
                cr_expect(went_on, "%zu", i);
        }
}

Test(transaction, force_needs_no_policy) {
        for (size_t i = 0; i < sizeof(obstacles) / sizeof(*obstacles); i++) {
                bool went_on;

                run_unconfirmed(i, AUDITFAIL_TERMINATE, true, &went_on);
                cr_expect(went_on, "%zu", i);
                cr_expect_null(strstr(machine.trace, "policy"), "%zu: %s", i, machine.trace);
        }
}

/* To resume logging is to be possible where an audit daemon has suspended it. */
static bool resume(struct task *task) {
        *task = request_to(OPERATION_RESUME);
        return run(task);
}

Test(transaction, resume_goes_on_without_the_record_since_nothing_is_logged_before) {
        MACHINE;
        struct task task;

        machine.on_write = NULL;
        cr_expect(resume(&task));
        expect_trace("login 1000; granted; granted; signal 15; ");
        expect_told("unconfirmed signalled");
}

Test(transaction, resume_does_not_help_an_auditd_that_is_stopped) {
        MACHINE;
        struct task task;

        machine.on_write = NULL;
        kill(machine.auditd, SIGSTOP);
        cr_assert_eq(waitpid(machine.auditd, NULL, WUNTRACED), machine.auditd);
        cr_expect_not(resume(&task));
        expect_no_signal();
        expect_told("NotRecorded");
}

Test(transaction, what_is_written_again_after_the_signal_is_seen_or_the_signal_had_no_effect) {
        MACHINE_OF(MANNER_DEAF);
        struct task task;

        machine.on_write = NULL;
        cr_assert(resume(&task));
        cr_expect_not(transaction_record_again(&transaction));
        expect_told("unconfirmed signalled NoEffect");
        cr_expect(last_message()->signalled);
        machine.on_write = log_it;
        cr_expect(transaction_record_again(&transaction));
        machine.sync_error = -EIO;
        cr_expect(transaction_record_again(&transaction));
        expect_told("unconfirmed signalled NoEffect recorded unconfirmed");
        cr_expect_null(strstr(machine.trace, "policy"), "%s", machine.trace);
        cr_expect_null(strstr(machine.trace, "refused"), "%s", machine.trace);
}

#define SAID "type=DAEMON_END msg=audit(1700000001.456:9): op=terminate auid=1000"

Test(transaction, what_auditd_says_is_kept_word_for_word_as_long_as_it_fits) {
        static const char line[] = SAID "\x1d"
                                        "AUID=\"alice\"";
        struct log_record record;
        struct task task = { 0 };

        transaction = (struct transaction){ .task = &task };
        cr_assert(log_record_parse(line, sizeof(line) - 1, &record));
        transaction_keep(&transaction, &record);
        cr_expect_str_eq(transaction.trail, SAID "\n");
        for (int i = 0; i < 1000; i++)
                transaction_keep(&transaction, &record);
        cr_expect_lt(strlen(transaction.trail), sizeof(transaction.trail));
        cr_expect_eq(transaction.trail[strlen(transaction.trail) - 1], '\n');
}
