/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each operation from the first step to the last news, on a machine of the test's own. */
#include "tests/daemon/controld/auditd/fake_systemd.h"

Test(carry_out, a_stop_ends_with_what_auditd_says_of_it) {
        char sender[32];

        MACHINE;
        run(OPERATION_STOP);
        expect_trace("login 1000; granted; synced; signal 15; synced; ");
        expect_told("recorded signalled stopped done");
        snprintf(sender, sizeof(sender), " pid=%d ", getpid());
        cr_expect(contains(last_message()->trail, "type=DAEMON_END "), "%s", last_message()->trail);
        cr_expect(contains(last_message()->trail, sender), "%s", last_message()->trail);
        cr_expect_str_eq(last_message()->detail, "");
        cr_expect_str_eq(last_message()->event, "1700000000.123:77");
        cr_expect_eq(last_message()->auditd, machine.auditd);
}

Test(carry_out, nothing_is_said_to_be_stopped_that_is_not) {
        MACHINE_OF(MANNER_DEAF);
        struct task task = request_to(OPERATION_STOP);

        task.deadline_usec = machine.now + 2 * SECOND;
        carry_out(&task, machine.channel);
        expect_told("recorded signalled draining draining draining NoEffect");
        cr_expect_eq(machine.messages[2]->kernel.backlog, 7);
        cr_expect(last_message()->signalled);
        cr_expect_eq(machine.now, task.deadline_usec);
        cr_expect(auditd_lives());
}

Test(carry_out, of_a_stop_that_left_nothing_in_the_log_that_is_told) {
        MACHINE_OF(MANNER_SILENT);
        run(OPERATION_STOP);
        expect_told("recorded signalled stopped done");
        cr_expect_str_eq(last_message()->trail, "");
        cr_expect(contains(last_message()->detail, "no DAEMON_END"), "%s", last_message()->detail);
}

static void put_another_in_its_place(void) {
        if (!auditd_lives())
                machine.registered = NEW_AUDITD;
}

Test(carry_out, another_audit_daemon_in_its_place_is_told) {
        MACHINE;
        machine.on_ask = put_another_in_its_place;
        run(OPERATION_STOP);
        expect_told("recorded signalled stopped done");
        cr_expect(contains(last_message()->detail, "another audit daemon (pid 4711)"), "%s", last_message()->detail);
}

Test(carry_out, a_reload_loads_the_rules_when_auditd_has_its_configuration) {
        MACHINE;
        run(OPERATION_RELOAD);
        expect_trace("login 1000; granted; synced; signal 1; synced; rules; ");
        expect_told("recorded signalled rules done");
        cr_expect_str_eq(machine.messages[2]->detail, "No rules");
        cr_expect(contains(last_message()->trail, "type=DAEMON_CONFIG "), "%s", last_message()->trail);
}

Test(carry_out, rules_that_cannot_be_loaded_are_told_with_what_the_tool_said) {
        MACHINE;
        outside.rules_fail = true;
        run(OPERATION_RELOAD);
        expect_told("recorded signalled RulesNotLoaded");
        cr_expect_str_eq(last_message()->detail, "line 3 is wrong");
        cr_expect(last_message()->signalled);
}

Test(carry_out, a_signal_that_auditd_does_not_say_anything_about_had_no_effect) {
        MACHINE_OF(MANNER_DEAF);
        static const enum operation operations[] = { OPERATION_RELOAD, OPERATION_ROTATE, OPERATION_RESUME };

        for (size_t i = 0; i < 3; i++) {
                machine.told = 0;
                machine.trace[0] = 0;
                run(operations[i]);
                expect_told("recorded signalled NoEffect");
                cr_expect(last_message()->signalled);
                cr_expect_not(contains(machine.trace, "rules"), "%s", machine.trace);
        }
}

Test(carry_out, a_rotation_that_keeps_the_file_is_none) {
        MACHINE;
        run(OPERATION_ROTATE);
        expect_told("recorded signalled NoEffect");
        cr_expect(contains(last_message()->detail, "num_logs"), "%s", last_message()->detail);
}

/* auditd rotates when it has the signal, which is after the kernel was asked for the last time. */
static void rotate_now(void) {
        rotate(&machine.scene);
}

Test(carry_out, a_rotation_is_done_when_there_is_a_new_file) {
        MACHINE;
        machine.on_ask = rotate_now;
        run(OPERATION_ROTATE);
        expect_trace("login 1000; granted; synced; signal 10; synced; ");
        expect_told("recorded signalled done");
        cr_expect(contains(last_message()->trail, "type=DAEMON_ROTATE "), "%s", last_message()->trail);
}

Test(carry_out, auditd_is_told_again_where_it_was_too_busy_to_learn_who_has_told_it) {
        MACHINE_OF(MANNER_BUSY);
        machine.on_ask = rotate_now;
        run(OPERATION_ROTATE);
        expect_trace("login 1000; granted; synced; signal 10; signal 10; signal 10; synced; ");
        expect_told("recorded signalled done");
        cr_expect(contains(last_message()->trail, " res=success"), "%s", last_message()->trail);
        cr_expect_not(contains(last_message()->trail, " res=failed"), "%s", last_message()->trail);
}

Test(carry_out, auditd_is_told_again_where_it_never_learns_who_has_told_it) {
        MACHINE_OF(MANNER_DROWNED);
        uint64_t before = machine.now;

        run(OPERATION_RELOAD);
        expect_trace("login 1000; granted; synced; signal 1; signal 1; signal 1; synced; rules; ");
        expect_told("recorded signalled rules done");
        cr_expect_geq(machine.now - before, 10 * SECOND);
}

Test(carry_out, one_that_may_have_rotated_is_not_told_to_rotate_again) {
        MACHINE_OF(MANNER_DROWNED);
        struct task task = request_to(OPERATION_ROTATE);

        task.deadline_usec = machine.now + 11 * SECOND;
        carry_out(&task, machine.channel);
        expect_trace("login 1000; granted; synced; signal 10; ");
        expect_told("recorded signalled NoEffect");
}

Test(carry_out, one_that_stays_too_busy_had_no_effect_when_the_time_is_over) {
        MACHINE_OF(MANNER_BUSIER);
        uint64_t before = machine.now;

        run(OPERATION_ROTATE);
        expect_told("recorded signalled NoEffect");
        cr_expect(contains(last_message()->detail, "auditd says that it failed: type=DAEMON_ROTATE "), "%s",
                  last_message()->detail);
        cr_expect_lt(machine.now - before, 30 * SECOND);
}

Test(carry_out, resume_is_done_when_records_are_logged_again) {
        MACHINE;
        run(OPERATION_RESUME);
        expect_trace("login 1000; granted; synced; signal 12; synced; ");
        expect_told("recorded signalled done");
        cr_expect(contains(last_message()->trail, "type=DAEMON_RESUME "), "%s", last_message()->trail);
}

static void log_when_signalled(const struct request_record *record) {
        if (contains(machine.trace, "signal"))
                log_it(record);
}

Test(carry_out, what_was_not_logged_before_resume_is_logged_after_it) {
        MACHINE;
        machine.on_write = log_when_signalled;
        run(OPERATION_RESUME);
        expect_trace("login 1000; granted; granted; signal 12; granted; synced; ");
        expect_told("unconfirmed signalled recorded done");
        cr_expect_str_eq(last_message()->event, "1700000000.123:77");
}

Test(carry_out, without_a_log_a_signal_is_done_when_it_is_sent) {
        MACHINE;
        machine.conf.writes = false;
        machine.policy = AUDITFAIL_LOG;
        run(OPERATION_ROTATE);
        expect_trace("login 1000; granted; policy of auditctl; signal 10; ");
        expect_told("unconfirmed signalled done");
        cr_expect(contains(last_message()->detail, "nobody can see"), "%s", last_message()->detail);
}

Test(carry_out, where_the_kernel_does_not_say_who_auditd_is_nothing_is_done) {
        MACHINE;
        machine.kernel_error = -EPERM;
        run(OPERATION_STOP);
        expect_trace("");
        expect_told("Failed");
        cr_expect(contains(last_message()->detail, strerror(EPERM)), "%s", last_message()->detail);
}

static struct task refusal(bool identified) {
        struct task task = request_to(OPERATION_REFUSAL);

        task.refused = OPERATION_STOP;
        strcpy(task.why, "token");
        task.identified = identified;
        return task;
}

Test(carry_out, a_refusal_stands_under_the_login_of_who_was_identified) {
        MACHINE;
        const struct task task = refusal(true);

        carry_out(&task, machine.channel);
        expect_trace("login 1000; refused token; ");
        expect_told("done");
}

Test(carry_out, who_was_not_identified_is_nobodys_login) {
        MACHINE;
        const struct task task = refusal(false);

        carry_out(&task, machine.channel);
        expect_trace("refused token; ");
        expect_told("done");
}

Test(carry_out, the_status_changes_nothing) {
        MACHINE;
        run(OPERATION_STATUS);
        expect_trace("");
        expect_told("done");
        cr_expect_eq(last_message()->kernel.pid, machine.auditd);
        cr_expect_str_eq(last_message()->program, "auditd");
        cr_expect_str_eq(last_message()->log_file, machine.scene.path);
        cr_expect_str_empty(last_message()->rule);
}

Test(carry_out, the_status_names_the_rule_that_drops_records_also_while_auditing_is_off) {
        MACHINE;
        machine.drops = (struct kernel_drops){
                .known = true, .drops = true, .cause = CAUSE_DISABLED, .detail = "off", .rule = "never,user"
        };
        run(OPERATION_STATUS);
        expect_told("done");
        cr_expect_str_eq(last_message()->rule, "never,user");
}

Test(carry_out, a_refusal_that_the_kernel_drops_is_not_on_record) {
        MACHINE;
        const struct task task = refusal(true);

        machine.drops = (struct kernel_drops){ .known = true, .drops = true, .cause = CAUSE_DISABLED, .detail = "off" };
        carry_out(&task, machine.channel);
        expect_trace("login 1000; refused token; ");
        expect_told("Failed");
        cr_expect_str_eq(last_message()->detail, "off");
}

static void log_it_and_an_end_without_login(const struct request_record *record) {
        char line[256];

        log_it(record);
        snprintf(line, sizeof(line),
                 "type=DAEMON_END msg=audit(1700000001.456:4242): op=terminate auid=4294967295 uid=0 ses=4294967295 "
                 "pid=%d res=success\n",
                 getpid());
        add(&machine.scene, line);
}

Test(carry_out, only_a_login_that_there_was_can_be_lost) {
        for (int login = 0; login < 2; login++) {
                MACHINE_OF(MANNER_SILENT);
                struct task task = request_to(OPERATION_STOP);

                machine.on_write = log_it_and_an_end_without_login;
                machine.on_ask = notice_its_end;
                task.force = true;
                task.caller.peer.auid = login ? 1000 : PEER_UNSET;
                carry_out(&task, machine.channel);
                expect_told("recorded signalled stopped done");
                cr_expect_eq(contains(last_message()->detail, "auditd lost who signalled it"), login, "%s",
                             last_message()->detail);
        }
}
