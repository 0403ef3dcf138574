/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each operation from its first to its last message, on a machine of the test's own. */
#include "daemon/controld/auditd/carry_out.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/daemon/controld/auditd/fake_machine.h"

#define STOPPED "recorded signalled stopped done"

static void register_new(void) {
        if (!auditd_is_alive())
                fake.registered = NEW_AUDITD;
}

/* The kernel notices the end of auditd only with the next record. */
static void notice_late(void) {
        fake.registered = fake.auditd;
}

static void log_it_and_an_end_without_login(const struct request_record *record) {
        char line[256];

        log_it(record);
        snprintf(line, sizeof(line),
                 "type=DAEMON_END msg=audit(1700000001.456:4242): op=terminate auid=4294967295 uid=0 ses=4294967295 "
                 "pid=%d res=success\n",
                 getpid());
        add(&fake.scene, line);
}

static const struct scenario stops[] = {
        { "what auditd says about its end is told", OPERATION_STOP, .told = STOPPED, .detail = "",
          .trail = "type=DAEMON_END " },
        { "an auditd that does not end was not stopped", OPERATION_STOP, .seconds = 2, .manner = MANNER_DEAF,
          .told = "recorded signalled draining draining draining NoEffect", .detail = "has not ended in time",
          .took = 2 },
        { "an end without DAEMON_END", OPERATION_STOP, .manner = MANNER_SILENT, .told = STOPPED, .trail = "",
          .detail = "no DAEMON_END" },
        { "another audit daemon has taken its place", OPERATION_STOP, .on_ask = register_new, .told = STOPPED,
          .detail = "another audit daemon (pid 4711)" },
        { "the kernel has not noticed the end", OPERATION_STOP, .on_ask = notice_late, .told = STOPPED,
          .detail = "the kernel has not noticed yet that auditd has ended" },
        { "a log that cannot be read any more does not delay the end", OPERATION_STOP, .on_ask = replace_log_by_link,
          .told = STOPPED, .trail = "" },
        { "auditd did not learn who signalled it", OPERATION_STOP, .manner = MANNER_SILENT, .told = STOPPED,
          .on_write = log_it_and_an_end_without_login, .detail = "auditd lost who signalled it" },
        { "without a login there was none to lose", OPERATION_STOP, .force = true, .no_login = true,
          .manner = MANNER_SILENT, .on_write = log_it_and_an_end_without_login, .told = STOPPED, .detail = "" },
};

Test(carry_out, stop) {
        PLAY(stops);
}

static const struct scenario reloads[] = {
        { "loads the rules after auditd has its configuration", OPERATION_RELOAD,
          .trace = "login 1000; granted; synced; signal 1; synced; rules; ", .told = "recorded signalled rules done",
          .trail = "type=DAEMON_CONFIG ", .detail = "" },
        { "tells what the tool said about rules that do not load", OPERATION_RELOAD, .rules_fail = true,
          .told = "recorded signalled RulesNotLoaded", .detail = "line 3 is wrong" },
        { "loads no rules if they are locked", OPERATION_RELOAD, .locked = true,
          .trace = "login 1000; granted; synced; signal 1; synced; ", .told = "recorded signalled RulesNotLoaded",
          .detail = "locked (enabled 2) until the next boot" },
        { "repeats the signal to an auditd that never learns its sender", OPERATION_RELOAD, .manner = MANNER_DROWNED,
          .trace = "login 1000; granted; synced; signal 1; signal 1; signal 1; synced; rules; ",
          .told = "recorded signalled rules done", .took = 10 },
        { "has no effect if auditd ends", OPERATION_RELOAD, .manner = MANNER_SILENT,
          .told = "recorded signalled NoEffect", .detail = ") has ended" },
        { "has no known effect if the log cannot be read any more", OPERATION_RELOAD, .on_ask = replace_log_by_link,
          .told = "recorded signalled NoEffect", .detail = "its log cannot be read any more: Too many levels" },
        { "has no effect on a deaf auditd", OPERATION_RELOAD, .manner = MANNER_DEAF,
          .told = "recorded signalled NoEffect", .detail = "no DAEMON_CONFIG record followed in time" },
};

Test(carry_out, reload) {
        PLAY(reloads);
}

/* auditd rotates when it has the signal, which is after the kernel was asked for the last time. */
static void rotate_now(void) {
        rotate(&fake.scene);
}

static const struct scenario signals[] = {
        { "a rotation that keeps the file is none", OPERATION_ROTATE, .told = "recorded signalled NoEffect",
          .detail = "num_logs" },
        { "a rotation is done if there is a new file", OPERATION_ROTATE, .on_ask = rotate_now,
          .trace = "login 1000; granted; synced; signal 10; synced; ", .told = "recorded signalled done",
          .trail = "type=DAEMON_ROTATE " },
        { "a signal is repeated to an auditd that was too busy", OPERATION_ROTATE, .manner = MANNER_BUSY,
          .on_ask = rotate_now, .trace = "login 1000; granted; synced; signal 10; signal 10; signal 10; synced; ",
          .told = "recorded signalled done", .trail = " res=success" },
        { "an auditd that may have rotated is not signalled again", OPERATION_ROTATE, .seconds = 11,
          .manner = MANNER_DROWNED, .trace = "login 1000; granted; synced; signal 10; ",
          .told = "recorded signalled NoEffect" },
        { "an auditd that stays too busy", OPERATION_ROTATE, .manner = MANNER_BUSIER,
          .told = "recorded signalled NoEffect", .detail = "auditd says that it failed: type=DAEMON_ROTATE " },
        { "without a log, a rotation is done when it is signalled", OPERATION_ROTATE, .no_log = true, .lenient = true,
          .trace = "login 1000; granted; policy of auditctl; signal 10; ", .told = "unconfirmed signalled done",
          .detail = "without a log it is not known what auditd did" },
        { "a resume is done when auditd says so", OPERATION_RESUME,
          .trace = "login 1000; granted; synced; signal 12; synced; ", .told = "recorded signalled done",
          .trail = "type=DAEMON_RESUME " },
        { "a resume without auditd's word has no effect", OPERATION_RESUME, .manner = MANNER_DEAF,
          .told = "recorded signalled NoEffect" },
};

Test(carry_out, signals) {
        PLAY(signals);
}

static const struct scenario states[] = {
        { "the report is read when auditd has written it", OPERATION_STATE,
          .trace = "login 1000; granted; synced; signal 18; ", .told = "recorded signalled done" },
        { "no report is no effect", OPERATION_STATE, .manner = MANNER_DEAF, .seconds = 1,
          .told = "recorded signalled NoEffect", .detail = "auditd.state" },
};

Test(carry_out, state) {
        PLAY(states);
        fake_start(&states[0]);
        add_bytes(fake_machine.state_file, "old", 3);
        make_older(fake_machine.state_file, 10);
        struct task task = fake_task();
        carry_out(&fake_machine, &task, fake.channel);
        fake_expect();
        cr_expect_str_eq(last_message()->state, "oldstate", "%s", last_message()->state);
        fake_end();
}

#define OFF                                                                                                            \
        { .known = true, .drops = true, .cause = CAUSE_DISABLED, .detail = "off", .rule = "never,user" }

static const struct scenario others[] = {
        { "nothing is done if the kernel does not tell its audit daemon", OPERATION_STOP, .kernel_error = -EPERM,
          .trace = "", .told = "Failed", .detail = "Operation not permitted" },
        { "a refusal is recorded under the caller's login", OPERATION_REFUSAL, .why = "token",
          .trace = "login 1000; refused token; ", .told = "done" },
        { "an unidentified caller's login is not adopted", OPERATION_REFUSAL, .why = "token", .unidentified = true,
          .trace = "refused token; ", .told = "done" },
        { "a refusal without a login is none", OPERATION_REFUSAL, .login_error = -EPERM, .trace = "login 1000; ",
          .told = "Failed", .detail = "Operation not permitted" },
        { "a refusal that the kernel drops is not on record", OPERATION_REFUSAL, .why = "token", .drops = OFF,
          .trace = "login 1000; refused token; ", .told = "Failed", .detail = "off" },
        { "a status changes nothing", OPERATION_STATUS, .trace = "", .told = "done", .rule = "" },
        { "a status names the rule that drops records, also while auditing is off", OPERATION_STATUS, .drops = OFF,
          .told = "done", .rule = "never,user" },
        { "a status of a kernel that does not answer", OPERATION_STATUS, .kernel_error = -EPERM, .told = "Failed",
          .detail = "the kernel does not tell the state of auditing: Operation not permitted" },
};

Test(carry_out, refusals_and_status) {
        PLAY(others);
        fake_start(&others[5]);
        struct task task = fake_task();
        carry_out(&fake_machine, &task, fake.channel);
        fake_expect();
        cr_expect_eq(last_message()->kernel.auditd, fake.auditd);
        cr_expect_eq(last_message()->kernel.backlog, 7);
        cr_expect_str_eq(last_message()->program, "auditd");
        cr_expect_str_eq(last_message()->log_file, fake.scene.path);
        fake_end();
}
