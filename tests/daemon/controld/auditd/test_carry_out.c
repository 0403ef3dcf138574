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

/* Records of an auditd that did not learn the sender of an earlier signal. */
static void log_it_and_an_end(const struct request_record *record) {
        log_it(record);
        add(&fake.scene, "type=DAEMON_END msg=audit(1700000001.456:4242): op=terminate auid=-1 pid=-1 res=success\n");
}

static void log_it_and_a_resume(const struct request_record *record) {
        log_it(record);
        add(&fake.scene, "type=DAEMON_RESUME msg=audit(1700000001.456:4242): op=resume-logging auid=-1 pid=-1 "
                         "res=success\n");
}

/* auditd's lines begin with a node, so that other lines are those of other machines. */
static void log_it_with_node(const struct request_record *record) {
        char line[512];

        snprintf(line, sizeof(line),
                 "node=here type=TRUSTED_APP msg=audit(" EVENT "): pid=%d uid=0 auid=1000 ses=3 msg='op=auditd-stop "
                 "request=\"%s\" res=success'\n",
                 getpid(), record->id);
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
          .detail = "another audit daemon (pid 4194305)" },
        { "the kernel has not noticed the end", OPERATION_STOP, .on_ask = notice_late, .told = STOPPED,
          .detail = "the kernel has not noticed yet that auditd has ended" },
        { "a log that cannot be read any more does not delay the end", OPERATION_STOP, .on_ask = replace_log_by_link,
          .told = STOPPED, .trail = "" },
        { "auditd did not learn who signalled it", OPERATION_STOP, .manner = MANNER_BUSIER, .told = STOPPED,
          .trail = "pid=-1", .detail = "auditd lost who signalled it" },
        { "without a login there was none to lose", OPERATION_STOP, .force = true, .no_login = true,
          .manner = MANNER_BUSIER, .told = STOPPED, .trail = "pid=-1", .detail = "" },
        { "auditd took another process for the one that signalled it", OPERATION_STOP, .manner = MANNER_FRAMED,
          .told = STOPPED, .trail = " auid=1001 uid=0 ses=1 pid=1 ",
          .detail =
                  "auditd names another login, because a process of that login signalled auditd as well, or tried to" },
        { "the end of another machine's auditd is not told", OPERATION_STOP, .manner = MANNER_FRAMED,
          .on_write = log_it_with_node, .told = STOPPED, .trail = "", .detail = "no DAEMON_END" },
        { "an end that was recorded before the signal is not told", OPERATION_STOP, .manner = MANNER_SILENT,
          .on_write = log_it_and_an_end, .told = STOPPED, .trail = "", .detail = "no DAEMON_END" },
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
        { "loads no rules if they may be locked", OPERATION_RELOAD, .silent_after = 1,
          .trace = "login 1000; granted; synced; signal 1; synced; ", .told = "recorded signalled RulesNotLoaded",
          .detail = "the kernel does not say whether its rules are locked: Connection timed out" },
        { "repeats the signal to an auditd that never learns its sender", OPERATION_RELOAD, .manner = MANNER_DROWNED,
          .trace = "login 1000; granted; synced; signal 1; signal 1; signal 1; synced; rules; ",
          .told = "recorded signalled rules done", .took = 10 },
        { "is done, if auditd took another process for the one that signalled it", OPERATION_RELOAD,
          .manner = MANNER_FRAMED, .trace = "login 1000; granted; synced; signal 1; synced; rules; ",
          .told = "recorded signalled rules done", .trail = " pid=1 ", .detail = "auditd names another login",
          .took = 5 },
        { "has no effect if auditd ends", OPERATION_RELOAD, .manner = MANNER_SILENT,
          .told = "recorded signalled NoEffect", .detail = ") has ended" },
        { "has no known effect if the log cannot be read any more", OPERATION_RELOAD, .on_ask = replace_log_by_link,
          .told = "recorded signalled Failed", .detail = "its log cannot be read any more: Too many levels" },
        { "has no effect on a deaf auditd", OPERATION_RELOAD, .manner = MANNER_DEAF,
          .told = "recorded signalled NoEffect", .detail = "no DAEMON_CONFIG record followed in time" },
};

Test(carry_out, reload) {
        PLAY(reloads);
}

static const struct scenario signals[] = {
        { "a rotation is done if there is a new file", OPERATION_ROTATE, .rotation = ROTATION_FIRST,
          .trace = "login 1000; granted; synced; signal 10; synced; ", .told = "recorded signalled done",
          .trail = "type=DAEMON_ROTATE ", .detail = "" },
        { "a rotation that keeps the file has no effect", OPERATION_ROTATE, .told = "recorded signalled NoEffect",
          .detail = "auditd has kept ", .took = 30 },
        { "a new file that comes after auditd's record is awaited", OPERATION_ROTATE, .rotation = ROTATION_LATE,
          .told = "recorded signalled done", .trail = "type=DAEMON_ROTATE " },
        { "a new file may not have the inode number of the old one", OPERATION_ROTATE, .rotation = ROTATION_REMOVES,
          .told = "recorded signalled done" },
        { "a rotation whose sender auditd does not know is one, and is not repeated", OPERATION_ROTATE,
          .manner = MANNER_BUSY, .rotation = ROTATION_FIRST,
          .trace = "login 1000; granted; synced; signal 10; synced; ", .told = "recorded signalled done",
          .trail = " res=failed", .detail = "auditd lost who signalled it" },
        { "a rotation whose sender another process replaced is done", OPERATION_ROTATE, .manner = MANNER_FRAMED,
          .rotation = ROTATION_FIRST, .trace = "login 1000; granted; synced; signal 10; synced; ",
          .told = "recorded signalled done", .trail = " pid=1 ", .detail = "auditd names another login", .took = -1 },
        { "a rotation without a record is done if there is a new file", OPERATION_ROTATE, .seconds = 11,
          .rotation = ROTATION_QUIET, .told = "recorded signalled done", .trail = "",
          .detail = "auditd's record of the rotation has not come in time" },
        { "an auditd that may have rotated is not signalled again", OPERATION_ROTATE, .seconds = 11,
          .manner = MANNER_DROWNED, .trace = "login 1000; granted; synced; signal 10; ",
          .told = "recorded signalled NoEffect", .detail = "no DAEMON_ROTATE record followed in time" },
        { "a signal is repeated to an auditd that was too busy", OPERATION_RELOAD, .manner = MANNER_BUSY,
          .trace = "login 1000; granted; synced; signal 1; signal 1; signal 1; synced; rules; ",
          .told = "recorded signalled rules done", .trail = " res=success" },
        { "an auditd that stays too busy", OPERATION_RELOAD, .manner = MANNER_BUSIER,
          .told = "recorded signalled NoEffect", .detail = "auditd says that it failed: type=DAEMON_CONFIG " },
        { "without a log, a rotation is done when it is signalled", OPERATION_ROTATE, .no_log = true, .lenient = true,
          .trace = "login 1000; granted; policy of auditctl; signal 10; ", .told = "unconfirmed signalled done",
          .detail = "without a log it is not known what auditd did" },
        { "a resume is done when auditd says so", OPERATION_RESUME,
          .trace = "login 1000; granted; synced; signal 12; synced; ", .told = "recorded signalled done",
          .trail = "type=DAEMON_RESUME " },
        { "a resume that was recorded before the signal is not this one", OPERATION_RESUME, .manner = MANNER_DEAF,
          .on_write = log_it_and_a_resume, .told = "recorded signalled NoEffect",
          .detail = "no DAEMON_RESUME record followed in time" },
        { "a resume without auditd's word has no effect", OPERATION_RESUME, .manner = MANNER_DEAF,
          .told = "recorded signalled NoEffect" },
};

Test(carry_out, signals) {
        PLAY(signals);
}

static const struct scenario states[] = {
        { "the report is read when auditd has written it", OPERATION_STATE,
          .trace = "login 1000; granted; synced; signal 18; ", .told = "recorded signalled done" },
        { "no report of an auditd that has ended is no effect", OPERATION_STATE, .manner = MANNER_SILENT,
          .told = "recorded signalled NoEffect", .detail = " has ended, and has not written " },
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
        { "a refusal without a login is not recorded", OPERATION_REFUSAL, .login_error = -EPERM,
          .trace = "login 1000; ", .told = "Failed", .detail = "Operation not permitted" },
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

/* A new word of the interface comes here before it has a function. */
Test(carry_out, each_operation_has_a_function) {
        for (enum operation operation = 0; operation <= OPERATION_COUNT; operation++) {
                const struct scenario scenario = { "a function", .operation = operation, .rotation = ROTATION_FIRST };
                bool known = operation < OPERATION_COUNT;

                fake_start(&scenario);
                struct task task = fake_task();
                carry_out(&fake_machine, &task, fake.channel);
                fake_expect();
                cr_expect_eq(last_message()->failure, known ? FAILURE_NONE : FAILURE_FAILED, "operation %d: %s",
                             (int)operation, last_message()->detail);
                if (!known) {
                        cr_expect_str_eq(fake.trace, "");
                        cr_expect_not_null(strstr(last_message()->detail, "no code carries out operation"));
                }
                fake_end();
        }
}
