/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an operation does about auditd.service: restarts, jobs, masks, and an auditd that only systemd knows. */
#include "tests/daemon/controld/auditd/fake_systemd.h"

Test(carry_out_unit, a_restart_ends_with_the_new_one) {
        MACHINE;
        run(OPERATION_RESTART);
        expect_trace("login 1000; granted; synced; signal 15; synced; start auditd.service; ");
        expect_told("recorded signalled stopped starting done");
        cr_expect_eq(last_message()->auditd, NEW_AUDITD);
        cr_expect(contains(last_message()->trail, "type=DAEMON_END "), "%s", last_message()->trail);
}

Test(carry_out_unit, systemd_is_told_again_where_it_has_not_noticed_the_end) {
        MACHINE;
        outside.starts_needed = 3;
        run(OPERATION_RESTART);
        cr_expect_eq(outside.starts, 3);
        expect_told("recorded signalled stopped starting done");
        cr_expect_eq(last_message()->auditd, NEW_AUDITD);
}

Test(carry_out_unit, a_restart_that_only_stopped_it_says_so) {
        MACHINE;
        outside.unit_fails = true;
        outside.starts_needed = 0;
        run(OPERATION_RESTART);
        expect_told("recorded signalled stopped starting NotStarted");
        cr_expect_str_eq(last_message()->detail, "its job failed");
        cr_expect(last_message()->signalled);
}

Test(carry_out_unit, a_unit_that_starts_and_does_not_register_is_not_started) {
        MACHINE;
        uint64_t before = machine.now;

        outside.starts_needed = 0;
        run(OPERATION_RESTART);
        expect_told("recorded signalled stopped starting NotStarted");
        cr_expect_geq(machine.now - before, 30 * SECOND);
        cr_expect_lt(machine.now - before, 31 * SECOND);
}

Test(carry_out_unit, a_restart_is_refused_before_the_signal_where_systemd_would_not_start_it) {
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
                cr_expect_not(last_message()->signalled);
                cr_expect(contains(last_message()->detail, table[i].says), "%s", last_message()->detail);
                cr_expect(auditd_lives());
        }
}

Test(carry_out_unit, a_restart_without_systemd_is_refused_before_the_signal) {
        MACHINE;
        outside.look_error = -ECONNREFUSED;
        run(OPERATION_RESTART);
        expect_trace("login 1000; granted; synced; refused Failed; ");
        expect_told("recorded Failed");
}

Test(carry_out_unit, rules_that_do_not_load_at_a_restart_are_told_with_their_journal) {
        for (int audit_4 = 0; audit_4 < 2; audit_4++) {
                MACHINE;
                outside.starts = 0;
                outside.auditd.after_start = audit_4 ? 0 : 1;
                outside.rules = (struct unit){ .load = "loaded", .active = "active" };
                if (audit_4)
                        strcpy(outside.rules.active, "failed");
                run(OPERATION_RESTART);
                expect_told("recorded signalled stopped starting RulesNotLoaded");
                cr_expect(contains(last_message()->detail, "the rules do not load"), "%s", last_message()->detail);
                cr_expect(contains(last_message()->detail,
                                   audit_4 ? "journalctl -u audit-rules" : "journalctl -u auditd"),
                          "%s", last_message()->detail);
        }
}

Test(carry_out_unit, rules_that_keep_auditd_from_starting_are_the_reason) {
        MACHINE;
        outside.unit_fails = true;
        outside.starts_needed = 0;
        outside.rules = (struct unit){ .load = "loaded", .active = "failed" };
        run(OPERATION_RESTART);
        expect_told("recorded signalled stopped starting NotStarted");
        cr_expect(contains(last_message()->detail, "journalctl -u audit-rules"), "%s", last_message()->detail);
}

Test(carry_out_unit, a_start_that_takes_longer_is_told_as_a_job) {
        MACHINE;
        outside.unit_fails = true;
        outside.starts_needed = 0;
        outside.auditd.job = 123;
        outside.auditd.job_waits = true;
        strcpy(outside.auditd.active, "deactivating");
        run(OPERATION_RESTART);
        expect_told("recorded signalled stopped starting NotStarted");
        cr_expect(contains(last_message()->detail, "it is deactivating"), "%s", last_message()->detail);
        cr_expect(contains(last_message()->detail, "systemctl cancel 123"), "%s", last_message()->detail);
}

Test(carry_out_unit, where_systemd_starts_it_again_a_stop_says_so) {
        MACHINE;
        strcpy(outside.auditd.restart, "always");
        outside.auditd.restart_usec = 100000;
        run(OPERATION_STOP);
        expect_told("recorded signalled stopped done");
        cr_expect(contains(last_message()->detail, "systemd starts auditd again after 100 ms"), "%s",
                  last_message()->detail);
}

Test(carry_out_unit, without_an_audit_daemon_a_job_of_systemds_is_told) {
        MACHINE;
        machine.registered = 0;
        outside.auditd.job = 7;
        outside.auditd.job_waits = true;
        strcpy(outside.auditd.active, "activating");
        run(OPERATION_STOP);
        expect_told("NoAuditDaemon");
        cr_expect(contains(last_message()->detail, "systemctl cancel 7"), "%s", last_message()->detail);
}

/* To cancel a job that runs does not stop what it has begun. */
Test(carry_out_unit, a_job_that_runs_is_to_be_waited_for) {
        MACHINE;
        machine.registered = 0;
        outside.auditd.job = 7;
        strcpy(outside.auditd.active, "activating");
        run(OPERATION_STOP);
        expect_told("NoAuditDaemon");
        cr_expect(contains(last_message()->detail, "(it is activating): wait for it"), "%s", last_message()->detail);
        cr_expect_not(contains(last_message()->detail, "cancel"), "%s", last_message()->detail);
}

Test(carry_out_unit, without_an_audit_daemon_and_a_job_nothing_is_added) {
        MACHINE;
        machine.registered = 0;
        strcpy(outside.auditd.active, "inactive");
        run(OPERATION_STOP);
        expect_told("NoAuditDaemon");
        cr_expect_str_empty(last_message()->detail);
}

/* local_events = no: the kernel has no audit daemon, and gives the record to none. */
Test(carry_out_unit, an_auditd_that_the_kernel_does_not_know_is_stopped_where_the_policy_allows_it) {
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
                cr_expect(contains(machine.messages[0]->detail, "local_events = no"), "%s",
                          machine.messages[0]->detail);
                cr_expect_neq(auditd_lives(), allows);
        }
}

/* As with local_events = no. */
static void forget_auditd(void) {
        machine.registered = 0;
        machine.on_write = NULL;
        machine.policy = AUDITFAIL_LOG;
        outside.auditd.main_pid = machine.auditd;
}

Test(carry_out_unit, a_restart_ends_with_an_auditd_that_the_kernel_does_not_know) {
        MACHINE;
        uint64_t before = machine.now;

        forget_auditd();
        outside.starts_needed = 0;
        outside.second = getpid();
        run(OPERATION_RESTART);
        expect_told("unconfirmed signalled stopped starting done");
        cr_expect_eq(last_message()->auditd, outside.second);
        cr_expect(contains(last_message()->detail, "see local_events"), "%s", last_message()->detail);
        cr_expect_lt(machine.now - before, 5 * SECOND);
}

Test(carry_out_unit, an_auditd_that_the_kernel_does_not_know_resumes_by_its_own_word) {
        MACHINE;
        forget_auditd();
        run(OPERATION_RESUME);
        expect_told("unconfirmed signalled done");
        cr_expect(contains(last_message()->trail, "type=DAEMON_RESUME "), "%s", last_message()->trail);
}

Test(carry_out_unit, what_systemd_starts_again_is_told_beside_the_rest) {
        MACHINE_OF(MANNER_SILENT);
        strcpy(outside.auditd.restart, "always");
        run(OPERATION_STOP);
        expect_told("recorded signalled stopped done");
        cr_expect(contains(last_message()->detail, "no DAEMON_END"), "%s", last_message()->detail);
        cr_expect(contains(last_message()->detail, "systemd starts auditd again"), "%s", last_message()->detail);
}

Test(carry_out_unit, systemd_does_not_start_again_what_it_did_not_start) {
        MACHINE;
        strcpy(outside.auditd.restart, "always");
        strcpy(outside.auditd.active, "inactive");
        run(OPERATION_STOP);
        expect_told("recorded signalled stopped done");
        cr_expect_str_eq(last_message()->detail, "");
}

static void require(const char *load) {
        outside.required[0] = (struct required_unit){ .name = "local-fs.target", .load = "loaded" };
        outside.required[1] = (struct required_unit){ .name = UNIT_RULES };
        strcpy(outside.required[1].load, load);
        outside.required_count = 2;
}

Test(carry_out_unit, a_restart_is_refused_where_systemd_would_not_start_what_auditd_requires) {
        MACHINE;
        require("masked");
        run(OPERATION_RESTART);
        expect_trace("login 1000; granted; synced; refused Failed; ");
        expect_told("recorded Failed");
        cr_expect(contains(last_message()->detail, "requires audit-rules.service, which is masked"), "%s",
                  last_message()->detail);
        cr_expect(auditd_lives());
}

Test(carry_out_unit, a_restart_is_refused_where_systemd_does_not_say_what_auditd_requires) {
        MACHINE;
        outside.required_count = -ETIMEDOUT;
        run(OPERATION_RESTART);
        expect_told("recorded Failed");
        cr_expect(auditd_lives());
}

Test(carry_out_unit, rules_that_auditd_needs_to_start_are_loaded_before_it_is_stopped) {
        MACHINE;
        require("loaded");
        outside.starts_needed = 2;
        run(OPERATION_RESTART);
        expect_trace("login 1000; granted; synced; start audit-rules.service; forget audit-rules.service; signal 15; "
                     "synced; start auditd.service; ");
        expect_told("recorded signalled stopped starting done");
}

Test(carry_out_unit, rules_that_do_not_load_stop_no_auditd_that_needs_them_to_start) {
        MACHINE;
        require("loaded");
        outside.unit_fails = true;
        outside.rules = (struct unit){ .load = "loaded", .active = "failed" };
        run(OPERATION_RESTART);
        expect_trace("login 1000; granted; synced; start audit-rules.service; refused Failed; ");
        expect_told("recorded Failed");
        cr_expect(contains(last_message()->detail, "the rules do not load"), "%s", last_message()->detail);
        cr_expect(contains(last_message()->detail, "journalctl -u audit-rules"), "%s", last_message()->detail);
        cr_expect(auditd_lives());
}
