/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each operation from the first step to the last news, on a machine of the test's own. */
#include "fake_machine.h"
#include "rules.h"
#include "unit.h"
#include "worker.h"

#define NEW_AUDITD 4711 /* the pid that systemd's auditd.service gets */

/* What the tools for rules, and systemd, do. */
static struct {
        bool rules_fail, unit_fails;
        unsigned starts, starts_needed; /* how often systemd must be told */
        struct unit auditd, rules;      /* what it says of the two services */
        int look_error;
        struct required_unit required[2];
        int required_count;
        pid_t second; /* the unit's main process once it was started */
} outside = { .starts_needed = 1,
              .auditd = { .load = "loaded", .active = "active", .can_start = true, .restart = "on-failure" },
              .rules = { .load = "not-found", .active = "inactive" } };

STAND_IN(int, unit_look, const char *name, uint64_t deadline_usec, struct unit *ret) {
        (void)deadline_usec;
        *ret = strcmp(name, UNIT_RULES) == 0 ? outside.rules : outside.auditd;
        return outside.look_error;
}

STAND_IN(int, unit_requirements, const char *name, uint64_t deadline_usec, struct required_unit *ret, size_t max) {
        (void)deadline_usec;
        cr_assert_str_eq(name, UNIT_AUDITD);
        cr_assert_geq(max, 2);
        memcpy(ret, outside.required, sizeof(outside.required));
        return outside.required_count;
}

STAND_IN(void, unit_forget_starts, const char *name, uint64_t deadline_usec) {
        (void)deadline_usec;
        trace("forget %s; ", name);
}

STAND_IN(bool, auditd_hold, pid_t pid, struct auditd *ret) {
        *ret = (struct auditd){ .pid = pid,
                                .process = pid == machine.auditd   ? dup(machine.process)
                                           : pid == outside.second ? pidfd_open(pid, 0)
                                                                   : -1 };
        return ret->process >= 0;
}

STAND_IN(bool, rules_load, uint64_t deadline_usec, char *output, size_t size) {
        (void)deadline_usec;
        trace("rules; ");
        snprintf(output, size, outside.rules_fail ? "line 3 is wrong" : "No rules");
        return !outside.rules_fail;
}

STAND_IN(bool, unit_start, const char *name, uint64_t deadline_usec, char *why, size_t size) {
        (void)deadline_usec;
        trace("start %s; ", name);
        snprintf(why, size, "its job failed");
        if (++outside.starts == outside.starts_needed)
                machine.registered = NEW_AUDITD;
        if (outside.second)
                outside.auditd.main_pid = outside.second;
        return !outside.unit_fails;
}

/* The kernel's word on the audit daemon: none, when it has ended. */
static void notice_its_end(void) {
        if (machine.registered == machine.auditd && !auditd_lives())
                machine.registered = 0;
}

static void run(enum operation operation) {
        const struct task task = request_to(operation);

        if (!machine.on_ask)
                machine.on_ask = notice_its_end;
        carry_out(&task, machine.channel);
}

static bool contains(const char *text, const char *part) {
        return strstr(text, part);
}

Test(carry_out, a_stop_ends_with_what_auditd_says_of_it) {
        char sender[32];

        MACHINE;
        run(OPERATION_STOP);
        expect_trace("login 1000; granted; synced; signal 15; synced; ");
        expect_told("recorded signalled stopped done");
        snprintf(sender, sizeof(sender), " pid=%d ", getpid());
        cr_expect(contains(last_news()->trail, "type=DAEMON_END "), "%s", last_news()->trail);
        cr_expect(contains(last_news()->trail, sender), "%s", last_news()->trail);
        cr_expect_str_eq(last_news()->detail, "");
        cr_expect_str_eq(last_news()->event, "1700000000.123:77");
        cr_expect_eq(last_news()->auditd, machine.auditd);
}

Test(carry_out, nothing_is_said_to_be_stopped_that_is_not) {
        MACHINE_OF(MANNER_DEAF);
        struct task task = request_to(OPERATION_STOP);

        task.deadline_usec = machine.now + 2 * SECOND;
        carry_out(&task, machine.channel);
        expect_told("recorded signalled draining draining draining NoEffect");
        cr_expect_eq(machine.news[2].kernel.backlog, 7);
        cr_expect(last_news()->signalled);
        cr_expect_eq(machine.now, task.deadline_usec);
        cr_expect(auditd_lives());
}

Test(carry_out, of_a_stop_that_left_nothing_in_the_log_that_is_told) {
        MACHINE_OF(MANNER_SILENT);
        run(OPERATION_STOP);
        expect_told("recorded signalled stopped done");
        cr_expect_str_eq(last_news()->trail, "");
        cr_expect(contains(last_news()->detail, "no DAEMON_END"), "%s", last_news()->detail);
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
        cr_expect(contains(last_news()->detail, "another audit daemon (pid 4711)"), "%s", last_news()->detail);
}

Test(carry_out, a_restart_ends_with_the_new_one) {
        MACHINE;
        run(OPERATION_RESTART);
        expect_trace("login 1000; granted; synced; signal 15; synced; start auditd.service; ");
        expect_told("recorded signalled stopped starting done");
        cr_expect_eq(last_news()->auditd, NEW_AUDITD);
        cr_expect(contains(last_news()->trail, "type=DAEMON_END "), "%s", last_news()->trail);
}

Test(carry_out, systemd_is_told_again_where_it_has_not_noticed_the_end) {
        MACHINE;
        outside.starts_needed = 3;
        run(OPERATION_RESTART);
        cr_expect_eq(outside.starts, 3);
        expect_told("recorded signalled stopped starting done");
        cr_expect_eq(last_news()->auditd, NEW_AUDITD);
}

Test(carry_out, a_restart_that_only_stopped_it_says_so) {
        MACHINE;
        outside.unit_fails = true;
        outside.starts_needed = 0;
        run(OPERATION_RESTART);
        expect_told("recorded signalled stopped starting NotStarted");
        cr_expect_str_eq(last_news()->detail, "its job failed");
        cr_expect(last_news()->signalled);
}

Test(carry_out, a_unit_that_starts_and_does_not_register_is_not_started) {
        MACHINE;
        uint64_t before = machine.now;

        outside.starts_needed = 0;
        run(OPERATION_RESTART);
        expect_told("recorded signalled stopped starting NotStarted");
        cr_expect_geq(machine.now - before, 30 * SECOND);
        cr_expect_lt(machine.now - before, 31 * SECOND);
}

Test(carry_out, a_restart_is_refused_before_the_signal_where_systemd_would_not_start_it) {
        static const struct {
                const char *load;
                bool can_start;
                const char *says;
        } table[] = { { "masked", false, "systemctl unmask auditd.service" },
                      { "not-found", false, "cannot load auditd.service (not-found)" },
                      { "bad-setting", false, "(bad-setting)" },
                      { "loaded", false, "RefuseManualStart=" } };

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                MACHINE;
                strcpy(outside.auditd.load, table[i].load);
                outside.auditd.can_start = table[i].can_start;
                run(OPERATION_RESTART);
                expect_trace("login 1000; granted; synced; refused Failed; ");
                expect_told("recorded Failed");
                cr_expect_not(last_news()->signalled);
                cr_expect(contains(last_news()->detail, table[i].says), "%s", last_news()->detail);
                cr_expect(auditd_lives());
        }
}

Test(carry_out, a_restart_without_systemd_is_refused_before_the_signal) {
        MACHINE;
        outside.look_error = -ECONNREFUSED;
        run(OPERATION_RESTART);
        expect_trace("login 1000; granted; synced; refused Failed; ");
        expect_told("recorded Failed");
}

Test(carry_out, rules_that_do_not_load_at_a_restart_are_told_with_their_journal) {
        for (int audit_4 = 0; audit_4 < 2; audit_4++) {
                MACHINE;
                outside.starts = 0;
                outside.auditd.after_start = audit_4 ? 0 : 1;
                outside.rules = (struct unit){ .load = "loaded", .active = "active" };
                if (audit_4)
                        strcpy(outside.rules.active, "failed");
                run(OPERATION_RESTART);
                expect_told("recorded signalled stopped starting RulesNotLoaded");
                cr_expect(contains(last_news()->detail, "the rules do not load"), "%s", last_news()->detail);
                cr_expect(contains(last_news()->detail, audit_4 ? "journalctl -u audit-rules" : "journalctl -u auditd"),
                          "%s", last_news()->detail);
        }
}

Test(carry_out, rules_that_keep_auditd_from_starting_are_the_reason) {
        MACHINE;
        outside.unit_fails = true;
        outside.starts_needed = 0;
        outside.rules = (struct unit){ .load = "loaded", .active = "failed" };
        run(OPERATION_RESTART);
        expect_told("recorded signalled stopped starting NotStarted");
        cr_expect(contains(last_news()->detail, "journalctl -u audit-rules"), "%s", last_news()->detail);
}

Test(carry_out, a_start_that_takes_longer_is_told_as_a_job) {
        MACHINE;
        outside.unit_fails = true;
        outside.starts_needed = 0;
        outside.auditd.job = 123;
        outside.auditd.job_waits = true;
        strcpy(outside.auditd.active, "deactivating");
        run(OPERATION_RESTART);
        expect_told("recorded signalled stopped starting NotStarted");
        cr_expect(contains(last_news()->detail, "it is deactivating"), "%s", last_news()->detail);
        cr_expect(contains(last_news()->detail, "systemctl cancel 123"), "%s", last_news()->detail);
}

Test(carry_out, where_systemd_starts_it_again_a_stop_says_so) {
        MACHINE;
        strcpy(outside.auditd.restart, "always");
        outside.auditd.restart_usec = 100000;
        run(OPERATION_STOP);
        expect_told("recorded signalled stopped done");
        cr_expect(contains(last_news()->detail, "systemd starts auditd again after 100 ms"), "%s", last_news()->detail);
}

Test(carry_out, without_an_audit_daemon_a_job_of_systemds_is_told) {
        MACHINE;
        machine.registered = 0;
        outside.auditd.job = 7;
        outside.auditd.job_waits = true;
        strcpy(outside.auditd.active, "activating");
        run(OPERATION_STOP);
        expect_told("NoAuditDaemon");
        cr_expect(contains(last_news()->detail, "systemctl cancel 7"), "%s", last_news()->detail);
}

/* To cancel a job that runs does not stop what it has begun. */
Test(carry_out, a_job_that_runs_is_to_be_waited_for) {
        MACHINE;
        machine.registered = 0;
        outside.auditd.job = 7;
        strcpy(outside.auditd.active, "activating");
        run(OPERATION_STOP);
        expect_told("NoAuditDaemon");
        cr_expect(contains(last_news()->detail, "(it is activating): wait for it"), "%s", last_news()->detail);
        cr_expect_not(contains(last_news()->detail, "cancel"), "%s", last_news()->detail);
}

Test(carry_out, without_an_audit_daemon_and_a_job_nothing_is_added) {
        MACHINE;
        machine.registered = 0;
        strcpy(outside.auditd.active, "inactive");
        run(OPERATION_STOP);
        expect_told("NoAuditDaemon");
        cr_expect_str_empty(last_news()->detail);
}

/* local_events = no: the kernel has no audit daemon, and gives the record to none. */
Test(carry_out, an_auditd_that_the_kernel_does_not_know_is_stopped_where_the_policy_allows_it) {
        for (int allows = 0; allows < 2; allows++) {
                MACHINE;
                machine.registered = 0;
                machine.on_write = NULL;
                machine.policy = allows ? AUDITFAIL_LOG : AUDITFAIL_TERMINATE;
                outside.auditd.main_pid = machine.auditd;
                run(OPERATION_STOP);
                if (allows)
                        expect_told("unconfirmed signalled stopped done");
                else
                        expect_told("NotConfirmed");
                cr_expect(contains(machine.news[0].detail, "local_events = no"), "%s", machine.news[0].detail);
                cr_expect_neq(auditd_lives(), allows);
        }
}

Test(carry_out, a_reload_loads_the_rules_when_auditd_has_its_configuration) {
        MACHINE;
        run(OPERATION_RELOAD);
        expect_trace("login 1000; granted; synced; signal 1; synced; rules; ");
        expect_told("recorded signalled rules done");
        cr_expect_str_eq(machine.news[2].detail, "No rules");
        cr_expect(contains(last_news()->trail, "type=DAEMON_CONFIG "), "%s", last_news()->trail);
}

Test(carry_out, rules_that_cannot_be_loaded_are_told_with_what_the_tool_said) {
        MACHINE;
        outside.rules_fail = true;
        run(OPERATION_RELOAD);
        expect_told("recorded signalled RulesNotLoaded");
        cr_expect_str_eq(last_news()->detail, "line 3 is wrong");
        cr_expect(last_news()->signalled);
}

Test(carry_out, a_signal_that_auditd_does_not_say_anything_about_had_no_effect) {
        MACHINE_OF(MANNER_DEAF);
        static const enum operation operations[] = { OPERATION_RELOAD, OPERATION_ROTATE, OPERATION_RESUME };

        for (size_t i = 0; i < 3; i++) {
                machine.told = 0;
                machine.trace[0] = 0;
                run(operations[i]);
                expect_told("recorded signalled NoEffect");
                cr_expect(last_news()->signalled);
                cr_expect_not(contains(machine.trace, "rules"), "%s", machine.trace);
        }
}

Test(carry_out, a_rotation_that_keeps_the_file_is_none) {
        MACHINE;
        run(OPERATION_ROTATE);
        expect_told("recorded signalled NoEffect");
        cr_expect(contains(last_news()->detail, "num_logs"), "%s", last_news()->detail);
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
        cr_expect(contains(last_news()->trail, "type=DAEMON_ROTATE "), "%s", last_news()->trail);
}

Test(carry_out, auditd_is_told_again_where_it_was_too_busy_to_learn_who_has_told_it) {
        MACHINE_OF(MANNER_BUSY);
        machine.on_ask = rotate_now;
        run(OPERATION_ROTATE);
        expect_trace("login 1000; granted; synced; signal 10; signal 10; signal 10; synced; ");
        expect_told("recorded signalled done");
        cr_expect(contains(last_news()->trail, " res=success"), "%s", last_news()->trail);
        cr_expect_not(contains(last_news()->trail, " res=failed"), "%s", last_news()->trail);
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
        cr_expect(contains(last_news()->detail, "auditd says that it failed: type=DAEMON_ROTATE "), "%s",
                  last_news()->detail);
        cr_expect_lt(machine.now - before, 30 * SECOND);
}

Test(carry_out, resume_is_done_when_records_are_logged_again) {
        MACHINE;
        run(OPERATION_RESUME);
        expect_trace("login 1000; granted; synced; signal 12; synced; ");
        expect_told("recorded signalled done");
        cr_expect(contains(last_news()->trail, "type=DAEMON_RESUME "), "%s", last_news()->trail);
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
        cr_expect_str_eq(last_news()->event, "1700000000.123:77");
}

Test(carry_out, without_a_log_a_signal_is_done_when_it_is_sent) {
        MACHINE;
        machine.conf.writes = false;
        machine.policy = AUDITFAIL_LOG;
        run(OPERATION_ROTATE);
        expect_trace("login 1000; granted; policy of auditctl; signal 10; ");
        expect_told("unconfirmed signalled done");
        cr_expect(contains(last_news()->detail, "nobody can see"), "%s", last_news()->detail);
}

Test(carry_out, where_the_kernel_does_not_say_who_auditd_is_nothing_is_done) {
        MACHINE;
        machine.kernel_error = -EPERM;
        run(OPERATION_STOP);
        expect_trace("");
        expect_told("Failed");
        cr_expect(contains(last_news()->detail, strerror(EPERM)), "%s", last_news()->detail);
}

static struct task refusal(bool identified) {
        struct task task = request_to(OPERATION_REFUSAL);

        task.refused = OPERATION_STOP;
        task.why = "token";
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
        cr_expect_eq(last_news()->kernel.pid, machine.auditd);
        cr_expect_str_eq(last_news()->program, "auditd");
        cr_expect_str_eq(last_news()->log_file, machine.scene.path);
        cr_expect_str_empty(last_news()->rule);
}

Test(carry_out, the_status_names_the_rule_that_drops_records_also_while_auditing_is_off) {
        MACHINE;
        machine.drops = (struct kernel_drops){
                .known = true, .drops = true, .cause = CAUSE_DISABLED, .detail = "off", .rule = "never,user"
        };
        run(OPERATION_STATUS);
        expect_told("done");
        cr_expect_str_eq(last_news()->rule, "never,user");
}

Test(carry_out, a_refusal_that_the_kernel_drops_is_not_on_record) {
        MACHINE;
        const struct task task = refusal(true);

        machine.drops = (struct kernel_drops){ .known = true, .drops = true, .cause = CAUSE_DISABLED, .detail = "off" };
        carry_out(&task, machine.channel);
        expect_trace("login 1000; refused token; ");
        expect_told("Failed");
        cr_expect_str_eq(last_news()->detail, "off");
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
                task.caller.auid = login ? 1000 : CALLER_UNSET;
                carry_out(&task, machine.channel);
                expect_told("recorded signalled stopped done");
                cr_expect_eq(contains(last_news()->detail, "auditd lost who signalled it"), login, "%s",
                             last_news()->detail);
        }
}

/* As with local_events = no. */
static void forget_auditd(void) {
        machine.registered = 0;
        machine.on_write = NULL;
        machine.policy = AUDITFAIL_LOG;
        outside.auditd.main_pid = machine.auditd;
}

Test(carry_out, a_restart_ends_with_an_auditd_that_the_kernel_does_not_know) {
        MACHINE;
        uint64_t before = machine.now;

        forget_auditd();
        outside.starts_needed = 0;
        outside.second = getpid();
        run(OPERATION_RESTART);
        expect_told("unconfirmed signalled stopped starting done");
        cr_expect_eq(last_news()->auditd, outside.second);
        cr_expect(contains(last_news()->detail, "see local_events"), "%s", last_news()->detail);
        cr_expect_lt(machine.now - before, 5 * SECOND);
}

Test(carry_out, an_auditd_that_the_kernel_does_not_know_resumes_by_its_own_word) {
        MACHINE;
        forget_auditd();
        run(OPERATION_RESUME);
        expect_told("unconfirmed signalled done");
        cr_expect(contains(last_news()->trail, "type=DAEMON_RESUME "), "%s", last_news()->trail);
}

Test(carry_out, what_systemd_starts_again_is_told_beside_the_rest) {
        MACHINE_OF(MANNER_SILENT);
        strcpy(outside.auditd.restart, "always");
        run(OPERATION_STOP);
        expect_told("recorded signalled stopped done");
        cr_expect(contains(last_news()->detail, "no DAEMON_END"), "%s", last_news()->detail);
        cr_expect(contains(last_news()->detail, "systemd starts auditd again"), "%s", last_news()->detail);
}

Test(carry_out, systemd_does_not_start_again_what_it_did_not_start) {
        MACHINE;
        strcpy(outside.auditd.restart, "always");
        strcpy(outside.auditd.active, "inactive");
        run(OPERATION_STOP);
        expect_told("recorded signalled stopped done");
        cr_expect_str_eq(last_news()->detail, "");
}

static void require(const char *load) {
        outside.required[0] = (struct required_unit){ .name = "local-fs.target", .load = "loaded" };
        outside.required[1] = (struct required_unit){ .name = UNIT_RULES };
        strcpy(outside.required[1].load, load);
        outside.required_count = 2;
}

Test(carry_out, a_restart_is_refused_where_systemd_would_not_start_what_auditd_requires) {
        MACHINE;
        require("masked");
        run(OPERATION_RESTART);
        expect_trace("login 1000; granted; synced; refused Failed; ");
        expect_told("recorded Failed");
        cr_expect(contains(last_news()->detail, "requires audit-rules.service, which is masked"), "%s",
                  last_news()->detail);
        cr_expect(auditd_lives());
}

Test(carry_out, a_restart_is_refused_where_systemd_does_not_say_what_auditd_requires) {
        MACHINE;
        outside.required_count = -ETIMEDOUT;
        run(OPERATION_RESTART);
        expect_told("recorded Failed");
        cr_expect(auditd_lives());
}

Test(carry_out, rules_that_auditd_needs_to_start_are_loaded_before_it_is_stopped) {
        MACHINE;
        require("loaded");
        outside.starts_needed = 2;
        run(OPERATION_RESTART);
        expect_trace("login 1000; granted; synced; start audit-rules.service; forget audit-rules.service; signal 15; "
                     "synced; start auditd.service; ");
        expect_told("recorded signalled stopped starting done");
}

Test(carry_out, rules_that_do_not_load_stop_no_auditd_that_needs_them_to_start) {
        MACHINE;
        require("loaded");
        outside.unit_fails = true;
        outside.rules = (struct unit){ .load = "loaded", .active = "failed" };
        run(OPERATION_RESTART);
        expect_trace("login 1000; granted; synced; start audit-rules.service; refused Failed; ");
        expect_told("recorded Failed");
        cr_expect(contains(last_news()->detail, "the rules do not load"), "%s", last_news()->detail);
        cr_expect(contains(last_news()->detail, "journalctl -u audit-rules"), "%s", last_news()->detail);
        cr_expect(auditd_lives());
}
