/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests and auditd.service: restarts, jobs, masks, and an auditd that only systemd knows. */
#include <criterion/criterion.h>
#include <errno.h>
#include <unistd.h>

#include "daemon/controld/auditd/carry_out.h"
#include "tests/daemon/controld/auditd/fake_machine.h"

#define RESTARTED   "recorded signalled stopped starting done"
#define NOT_STARTED "recorded signalled stopped starting NotStarted"
#define REFUSED     "login 1000; granted; synced; refused Failed; "

static const struct scenario restarts[] = {
        { "ends with the new auditd", OPERATION_RESTART, .auditd = NEW_AUDITD, .told = RESTARTED,
          .trace = "login 1000; granted; synced; signal 15; synced; start auditd.service; ",
          .trail = "type=DAEMON_END " },
        { "asks systemd again if it has not noticed the end", OPERATION_RESTART, .futile_starts = 2,
          .auditd = NEW_AUDITD, .told = RESTARTED,
          .trace = "login 1000; granted; synced; signal 15; synced; start auditd.service; start auditd.service; "
                   "start auditd.service; " },
        { "tells that auditd took another process for the one that signalled it", OPERATION_RESTART,
          .manner = MANNER_FRAMED, .told = RESTARTED, .trail = " auid=1001 ", .detail = "auditd names another login" },
        { "tells that auditd was only stopped", OPERATION_RESTART, .start_fails = true, .told = NOT_STARTED,
          .detail = "its job failed" },
        { "ends with a new auditd that has the pid of the old one", OPERATION_RESTART, .reuses_pid = true,
          .told = RESTARTED },
        { "fails at the deadline without a registered auditd, and goes on", OPERATION_RESTART, .futile_starts = 15,
          .told = NOT_STARTED " done", .detail = "auditd (pid 4194305) was started after the time limit", .took = 30 },
        { "does not take another program for auditd", OPERATION_RESTART, .starts_other = true,
          .told = NOT_STARTED " NotStarted", .detail = "another program is the audit daemon now: other (pid 4194306)",
          .took = 630 },
        { "starts auditd when systemd has stopped the unit", OPERATION_RESTART, .stops_for = 20, .told = RESTARTED,
          .took = 20 },
        { "starts an auditd that ends after the deadline", OPERATION_RESTART, .seconds = 1, .manner = MANNER_LATE,
          .told = "recorded signalled NoEffect done", .failed_detail = "it is started again when it has ended",
          .detail = "auditd (pid 4194305) was started after the time limit" },
        { "gives up on an auditd that never ends", OPERATION_RESTART, .seconds = 1, .manner = MANNER_DEAF,
          .told = "recorded signalled draining NoEffect NotStarted",
          .detail = "auditd could not be started after the time limit: auditd (pid ", .took = 601 },
        { "ends with an auditd that does not register", OPERATION_RESTART, .unregistered = true, .lenient = true,
          .starts_unregistered = true, .told = "unconfirmed signalled stopped starting done",
          .detail = "see local_events" },
        { "tells rules that ExecStartPost= does not load", OPERATION_RESTART, .after_start = 1,
          .told = "recorded signalled stopped starting RulesNotLoaded", .detail = "journalctl -u auditd" },
        { "waits for rules that ExecStartPost= loads", OPERATION_RESTART, .after_start = 1, .activates_for = 5,
          .told = "recorded signalled stopped starting RulesNotLoaded", .detail = "journalctl -u auditd", .took = 5 },
        { "tells rules that their unit does not load", OPERATION_RESTART, .rules_active = "failed",
          .told = "recorded signalled stopped starting RulesNotLoaded", .detail = "journalctl -u audit-rules" },
        { "tells rules that keep auditd from starting", OPERATION_RESTART, .start_fails = true,
          .rules_active = "failed", .told = NOT_STARTED, .detail = "journalctl -u audit-rules" },
        { "loads rules that auditd requires before it stops auditd", OPERATION_RESTART, .requires_rules = "loaded",
          .trace = "login 1000; granted; synced; start audit-rules.service; reset audit-rules.service; signal 15; "
                   "synced; start auditd.service; ",
          .told = RESTARTED },
};

Test(carry_out_unit, a_restart) {
        PLAY(restarts);
}

/* What the caller is told at the deadline. Afterwards auditd is started. */
static const struct scenario late_starts[] = {
        { "while systemd stops the unit", .active = "deactivating",
          .failed_detail = "auditd.service is deactivating, and starts again when the other processes of auditd "
                           "(plugins) have ended; systemd kills them in 61 s (TimeoutStopSec=)" },
        { "while systemd stops the unit without a limit", .active = "deactivating", .endless = true,
          .failed_detail = "systemd does not kill them (TimeoutStopSec=infinity)" },
        { "while systemd starts the unit", .active = "activating", .job = 123,
          .failed_detail = "auditd.service is activating, and systemd still tries to start it" },
        { "while a job waits", .active = "inactive", .job = 123, .job_waits = true,
          .failed_detail = "auditd.service is inactive, and systemd still tries to start it" },
};

Test(carry_out_unit, a_restart_goes_on_after_the_deadline) {
        for (size_t i = 0; i < sizeof(late_starts) / sizeof(*late_starts); i++) {
                struct scenario scenario = late_starts[i];

                scenario.operation = OPERATION_RESTART;
                scenario.stops_for = 60;
                scenario.told = NOT_STARTED " done";
                scenario.detail = "auditd (pid 4194305) was started after the time limit";
                scenario.took = 60;
                play(&scenario);
        }
}

static const struct scenario refusals[] = {
        { "masked", .load = "masked", .detail = "systemctl unmask auditd.service" },
        { "not found", .load = "not-found", .detail = "cannot load auditd.service (not-found)" },
        { "cannot be read", .load = "bad-setting", .detail = "(bad-setting)" },
        { "refuses", .refuses_start = true, .detail = "RefuseManualStart=" },
        { "no systemd", .systemd_error = -ECONNREFUSED, .detail = "systemd does not answer: Connection refused" },
        { "requires a masked unit", .requires_rules = "masked",
          .detail = "requires audit-rules.service, which is masked" },
        { "unknown requirements", .requirements_error = -ETIMEDOUT,
          .detail = "does not say what auditd.service requires: Connection timed out" },
        { "required rules do not load", .requires_rules = "loaded", .start_fails = true, .rules_active = "failed",
          .trace = "login 1000; granted; synced; start audit-rules.service; refused Failed; ",
          .detail = "the rules do not load: audit-rules.service has failed; see: journalctl -u audit-rules" },
};

Test(carry_out_unit, a_restart_is_refused_before_the_signal_if_auditd_could_not_start_again) {
        for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
                struct scenario scenario = refusals[i];

                scenario.operation = OPERATION_RESTART;
                scenario.told = "recorded Failed";
                scenario.trace = scenario.trace ? scenario.trace : REFUSED;
                play(&scenario);
        }
}

#define STOPPED "recorded signalled stopped done"

static const struct scenario stops[] = {
        { "systemd starts it again", OPERATION_STOP, .restart = "always", .told = STOPPED,
          .detail = "systemd starts auditd again after 100 ms" },
        { "systemd starts it again after a clean end", OPERATION_STOP, .restart = "on-success", .told = STOPPED,
          .detail = "has Restart=on-success" },
        { "that is told with the rest", OPERATION_STOP, .manner = MANNER_SILENT, .restart = "always", .told = STOPPED,
          .detail = "the record of the request stands; systemd starts auditd again" },
        { "systemd does not start again what it did not start", OPERATION_STOP, .restart = "always",
          .active = "inactive", .told = STOPPED, .detail = "" },
        { "no auditd, and a job that waits", OPERATION_STOP, .absent = true, .job = 7, .job_waits = true,
          .active = "activating", .told = "NoAuditDaemon", .detail = "systemctl cancel 7" },
        { "no auditd, and a job that runs: to cancel it would not stop what it has begun", OPERATION_STOP,
          .absent = true, .job = 7, .active = "activating", .told = "NoAuditDaemon",
          .detail = "(it is activating): wait for it; to see job 7: systemctl list-jobs" },
        { "no auditd, and no job", OPERATION_STOP, .absent = true, .active = "inactive", .told = "NoAuditDaemon",
          .detail = "" },
        { "no auditd, and no systemd", OPERATION_STOP, .absent = true, .systemd_error = -ECONNREFUSED,
          .told = "NoAuditDaemon", .detail = "" },
        { "an unregistered auditd is not stopped", OPERATION_STOP, .unregistered = true, .told = "NotConfirmed",
          .detail = "local_events = no" },
        { "an unregistered auditd is stopped if the policy allows it", OPERATION_STOP, .unregistered = true,
          .lenient = true, .told = "unconfirmed signalled stopped done" },
        { "an unregistered auditd resumes by its own word", OPERATION_RESUME, .unregistered = true, .lenient = true,
          .told = "unconfirmed signalled done", .trail = "type=DAEMON_RESUME " },
};

Test(carry_out_unit, other_requests) {
        PLAY(stops);
}
