/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/daemon/controld/auditd/fake_machine.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/controld/auditd/carry_out.h"
#include "tests/daemon/controld/worker_message_copy.h"

#define POLLS_MAX    20000
#define REAL_WAIT_MS 20 /* for what auditd does; 30 seconds have hundreds of such waits */

struct fake fake;
static char state_file[64];

static void __attribute__((format(printf, 1, 2))) trace(const char *format, ...) {
        size_t used = strlen(fake.trace);
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(fake.trace + used, sizeof(fake.trace) - used, format, arguments);
        va_end(arguments);
}

bool auditd_is_alive(void) {
        struct pollfd process = { .fd = fake.process, .events = POLLIN };

        return poll(&process, 1, 0) == 0;
}

/* Whether auditd has a signal, and needs real time to act. */
static bool is_acting(void) {
        enum manner manner = fake.scenario->manner;

        return manner != MANNER_DEAF && manner != MANNER_STOPPED && strstr(fake.trace, "signal ") && auditd_is_alive();
}

static uint64_t fake_monotonic_usec(void) {
        return fake.now;
}

static int fake_usleep(useconds_t usec) {
        if (is_acting())
                usleep(1000);
        fake.now += usec;
        return 0;
}

static int fake_poll(struct pollfd *descriptors, nfds_t count, int timeout_msec) {
        int r = poll(descriptors, count, is_acting() ? REAL_WAIT_MS : 0);

        cr_assert_lt(++fake.polls, POLLS_MAX, "%s: an endless wait", fake.scenario->name);
        if (r == 0)
                fake.now += (uint64_t)timeout_msec * 1000;
        return r;
}

static int fake_adopt_login(uint32_t auid) {
        trace("login %d; ", (int)auid);
        return fake.scenario->login_error;
}

static int fake_request_record_write(const struct request_record *record) {
        static const char *const words[] = { "granted", "forced", "refused" };
        bool why = record->why && *record->why;

        fake.writes++;
        trace("%s%s%s; ", words[record->answer], why ? " " : "", why ? record->why : "");
        if (fake.scenario->write_error < 0)
                return fake.scenario->write_error;
        (fake.scenario->on_write ? fake.scenario->on_write : log_it)(record);
        return 0;
}

static bool has_lost_auditd(void) {
        return fake.registered == fake.auditd && !fake.reborn && !auditd_is_alive();
}

static int fake_kernel_audit_ask(uint64_t deadline_usec, struct audit_state *ret) {
        (void)deadline_usec;
        if (has_lost_auditd())
                fake.registered = 0;
        if (fake.scenario->on_ask)
                fake.scenario->on_ask();
        *ret = (struct audit_state){ .auditd = fake.registered,
                                     .enabled = true,
                                     .locked = fake.scenario->locked,
                                     .backlog = 7,
                                     .backlog_limit = 8192 };
        return fake.scenario->silent_after > 0 && ++fake.asked > fake.scenario->silent_after
                       ? -ETIMEDOUT
                       : fake.scenario->kernel_error;
}

static void fake_kernel_drops_find(struct kernel_drops *ret) {
        *ret = fake.drops;
}

static enum request_failure fake_auditd_find(uint64_t deadline_usec, struct auditd *ret, int *ret_error) {
        (void)deadline_usec;
        *ret = (struct auditd){ .process = -1 };
        *ret_error = fake.scenario->kernel_error;
        if (*ret_error < 0)
                return FAILURE_FAILED;
        if (fake.registered == 0 || has_lost_auditd())
                return FAILURE_NO_AUDIT_DAEMON;
        *ret = (struct auditd){ .pid = fake.registered, .process = dup(fake.process), .program = "auditd" };
        if (fake.registered == OTHER_AUDITD)
                strcpy(ret->program, "other");
        return fake.registered == OTHER_AUDITD ? FAILURE_OTHER_AUDIT_DAEMON : FAILURE_NONE;
}

static bool fake_auditd_open(pid_t pid, struct auditd *ret) {
        *ret = (struct auditd){ .pid = pid, .process = pidfd_open(pid, 0), .program = "auditd" };
        return ret->process >= 0;
}

static int fake_auditd_signal(const struct auditd *auditd, int signal) {
        trace("signal %d; ", signal);
        return fake.scenario->signal_error < 0 ? fake.scenario->signal_error : auditd_signal(auditd, signal);
}

static int fake_auditd_conf_find(pid_t pid, struct auditd_conf *ret) {
        cr_assert_eq(pid, fake.auditd);
        *ret = (struct auditd_conf){ .folder = "/etc/audit", .writes = !fake.scenario->no_log };
        snprintf(ret->log_file, sizeof(ret->log_file), "%s", fake.scene.path);
        if (fake.scenario->new_conf)
                clock_gettime(CLOCK_REALTIME, &ret->changed);
        return fake.scenario->no_conf ? -EBADMSG : 0;
}

static int fake_log_watch_sync(struct log_watch *log) {
        int r = log_watch_sync(log);

        trace("synced; ");
        return fake.scenario->sync_error < 0 ? fake.scenario->sync_error : r;
}

static bool fake_rules_load(uint64_t deadline_usec, char *output, size_t size) {
        (void)deadline_usec;
        trace("rules; ");
        snprintf(output, size, fake.scenario->rules_fail ? "line 3 is wrong" : "No rules");
        return !fake.scenario->rules_fail;
}

static void set_word(unit_word word, const char *wanted, const char *otherwise) {
        snprintf(word, sizeof(unit_word), "%s", wanted ? wanted : otherwise);
}

static int fake_unit_read(const char *name, uint64_t deadline_usec, struct unit *ret) {
        const struct scenario *scenario = fake.scenario;
        bool rules = strcmp(name, UNIT_RULES) == 0;

        (void)deadline_usec;
        *ret = (struct unit){ 0 };
        if (scenario->systemd_error < 0)
                return scenario->systemd_error;
        if (rules) {
                set_word(ret->load, scenario->rules_active ? "loaded" : NULL, "not-found");
                set_word(ret->active, scenario->rules_active, "inactive");
                return 0;
        }
        *ret = (struct unit){ .can_start = !scenario->refuses_start,
                              .job = scenario->job,
                              .job_waits = scenario->job_waits,
                              .main_pid = fake.unit_pid,
                              .restart_usec = 100000,
                              .stop_usec = scenario->endless ? UINT64_MAX : 90 * SECOND,
                              .since_usec = 1000000 * SECOND,
                              .after_start = scenario->after_start };
        set_word(ret->load, scenario->load, "loaded");
        set_word(ret->active, scenario->active, "active");
        set_word(ret->restart, scenario->restart, "on-failure");
        if (fake.starts > 0 && fake.now < 1000000 * SECOND + scenario->activates_for * SECOND) {
                set_word(ret->active, "activating", NULL);
                ret->after_start = 0;
        } else if (fake.starts > 0)
                set_word(ret->active, "active", NULL);
        return 0;
}

static int fake_unit_requirements(const char *name, uint64_t deadline_usec, struct required_unit *ret, size_t max) {
        (void)deadline_usec;
        cr_assert_str_eq(name, UNIT_AUDITD);
        cr_assert_geq(max, 2);
        ret[0] = (struct required_unit){ .name = "local-fs.target", .load = "loaded" };
        ret[1] = (struct required_unit){ .name = UNIT_RULES };
        set_word(ret[1].load, fake.scenario->requires_rules, "");
        return fake.scenario->requirements_error < 0 ? fake.scenario->requirements_error
               : fake.scenario->requires_rules       ? 2
                                                     : 1;
}

static void start_new_auditd(void) {
        const struct scenario *scenario = fake.scenario;

        fake.reborn = scenario->reuses_pid;
        fake.registered = scenario->starts_unregistered ? 0
                          : scenario->starts_other      ? OTHER_AUDITD
                          : scenario->reuses_pid        ? fake.auditd
                                                        : NEW_AUDITD;
        fake.unit_pid = scenario->starts_other ? 0 : getpid();
}

static bool fake_unit_start(const char *name, uint64_t deadline_usec, char *why, size_t size) {
        const struct scenario *scenario = fake.scenario;
        uint64_t stopped = 1000000 * SECOND + scenario->stops_for * SECOND;

        trace("start %s; ", name);
        snprintf(why, size, "its job failed");
        if (scenario->start_fails)
                return false;
        if (strcmp(name, UNIT_AUDITD) != 0)
                return true;
        if (fake.now < stopped) { /* the job waits */
                fake.now = deadline_usec < stopped ? deadline_usec : stopped;
                snprintf(why, size, "systemd has not started it in time");
                if (fake.now < stopped)
                        return false;
        }
        if (fake.starts++ >= scenario->futile_starts)
                start_new_auditd();
        return true;
}

static void fake_unit_reset_starts(const char *name, uint64_t deadline_usec) {
        (void)deadline_usec;
        trace("reset %s; ", name);
}

static enum auditfail_action fake_auditfail_ask(const struct auditfail_question *question,
                                                struct auditfail_answer *answer) {
        (void)answer;
        trace("policy of %s; ", question->application);
        return fake.scenario->lenient ? AUDITFAIL_LOG : AUDITFAIL_TERMINATE;
}

struct machine fake_machine = {
        .monotonic_usec = fake_monotonic_usec,
        .usleep = fake_usleep,
        .poll = fake_poll,
        .adopt_login = fake_adopt_login,
        .request_record_write = fake_request_record_write,
        .kernel_audit_ask = fake_kernel_audit_ask,
        .kernel_drops_find = fake_kernel_drops_find,
        .auditd_find = fake_auditd_find,
        .auditd_open = fake_auditd_open,
        .auditd_signal = fake_auditd_signal,
        .auditd_conf_find = fake_auditd_conf_find,
        .log_watch_sync = fake_log_watch_sync,
        .rules_load = fake_rules_load,
        .state_file = state_file,
        .unit_read = fake_unit_read,
        .unit_requirements = fake_unit_requirements,
        .unit_start = fake_unit_start,
        .unit_reset_starts = fake_unit_reset_starts,
        .auditfail_ask = fake_auditfail_ask,
};

/* A record in the log as auditd writes what the process PID with login AUID gave to the kernel. */
void log_request(const char *type, const char *id, pid_t pid, uint32_t auid) {
        char line[512];

        snprintf(line, sizeof(line),
                 "type=%s msg=audit(" EVENT "): pid=%d uid=0 auid=%u ses=3 subj=unconfined "
                 "msg='op=auditd-stop answer=granted request=\"%s\" opid=4142 oauid=1000 res=success'\n",
                 type, pid, auid, id);
        add(&fake.scene, line);
}

void log_it(const struct request_record *record) {
        if (record->answer != ANSWER_REFUSED && !fake.scenario->unregistered)
                log_request("TRUSTED_APP", record->id, getpid(), record->caller->peer.auid);
}

/* All that others can have in the log, and nothing that is this request's record. */
void log_others(const struct request_record *record) {
        if (record->answer == ANSWER_REFUSED)
                return;
        log_request("TRUSTED_APP", record->id, getpid() + 1, 1000);
        log_request("TRUSTED_APP", record->id, getpid(), 1001);
        log_request("TRUSTED_APP", record->id, getpid(), PEER_UNSET);
        log_request("TRUSTED_APP", "fedcba9876543210", getpid(), 1000);
        log_request("USER_CMD", record->id, getpid(), 1000);
}

void log_nothing(const struct request_record *record) {
        (void)record;
}

void replace_log_by_link(void) {
        rename(fake.scene.path, log_name(&fake.scene, 1).path);
        (void)!symlink("elsewhere", fake.scene.path);
}

void end_auditd(void) {
        kill(fake.auditd, SIGKILL);
        cr_assert_eq(waitid(P_PID, (id_t)fake.auditd, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
}

void cancel(void) {
        shutdown(fake.daemon, SHUT_WR);
}

static void start_auditd(void) {
        fake.auditd = fake_auditd_start(&(struct fake_auditd){
                .manner = fake.scenario->manner,
                .rotation = fake.scenario->rotation,
                .scene = &fake.scene,
                .state_file = state_file,
        });
        fake.process = pidfd_open(fake.auditd, 0);
        cr_assert_geq(fake.process, 0);
}

void fake_start(const struct scenario *scenario) {
        int ends[2];

        fake = (struct fake){ .scenario = scenario, .now = 1000000 * SECOND, .drops = scenario->drops };
        scene_start(&fake.scene);
        snprintf(state_file, sizeof(state_file), "%s/auditd.state", fake.scene.folder);
        if (scenario->linked_log)
                cr_assert_eq(symlink("elsewhere", fake.scene.path), 0);
        else
                add_records(&fake.scene, 1, 3);
        start_auditd(); /* first, so that it has no end of the channel open */
        fake.registered = scenario->unregistered || scenario->absent ? 0 : fake.auditd;
        fake.unit_pid = scenario->unregistered ? fake.auditd : 0;
        cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        fake.daemon = ends[0];
        fake.channel = ends[1];
}

struct task fake_task(void) {
        const struct scenario *scenario = fake.scenario;
        struct task task = {
                .operation = scenario->operation,
                .refused = OPERATION_STOP,
                .caller.peer = { .pid = 4142, .auid = 1000, .session = 4344, .program = "auditctl" },
                .identified = !scenario->unidentified,
                .force = scenario->force,
                .deadline_usec = fake.now + (scenario->seconds ? scenario->seconds : 30) * SECOND,
                .reason = "disk replacement",
                .id = "0123456789abcdef",
        };

        if (scenario->no_login)
                task.caller.peer.auid = PEER_UNSET;
        snprintf(task.why, sizeof(task.why), "%s", scenario->why ? scenario->why : "");
        return task;
}

/* Receives the messages. Returns their words. */
static const char *receive(void) {
        static char buffer[WORKER_MESSAGE_MAX], words[512];
        struct worker_message received;

        while (fake.told < MESSAGES_MAX && worker_message_receive(fake.daemon, buffer, &received) == 0)
                fake.messages[fake.told++] = worker_message_copy(&received);
        *words = 0;
        for (size_t i = 0; i < fake.told; i++) {
                const struct worker_message *message = fake.messages[i];

                /* How long a process takes to end is chance. */
                if (message->step == STEP_DRAINING && !message->failure && fake.scenario->manner != MANNER_DEAF)
                        continue;
                strcat(words, *words ? " " : "");
                strcat(words,
                       message->failure ? request_failure_word(message->failure) : request_step_word(message->step));
        }
        return words;
}

const struct worker_message *last_message(void) {
        cr_assert_gt(fake.told, 0);
        return fake.messages[fake.told - 1];
}

static void expect_part(const char *part, const char *text, const char *what) {
        if (part && *part)
                cr_expect_not_null(strstr(text, part), "%s: %s: %s", fake.scenario->name, what, text);
        else if (part)
                cr_expect_str_empty(text, "%s: %s: %s", fake.scenario->name, what, text);
}

/* What holds for the messages of every request: each says whether auditd has the signal, and names auditd. */
static void expect_sound_messages(void) {
        bool signalled = false;

        for (size_t i = 0; i < fake.told; i++) {
                const struct worker_message *message = fake.messages[i];

                signalled |= !message->failure && message->step == STEP_SIGNALLED;
                cr_expect_eq(message->signalled, signalled, "%s: message %zu", fake.scenario->name, i);
                cr_expect_eq(worker_message_is_last(message), i == fake.told - 1 || message->goes_on_usec > 0,
                             "%s: message %zu", fake.scenario->name, i);
                if (message->step == STEP_RECORDED && !message->failure)
                        cr_expect_str_eq(message->event, EVENT, "%s", fake.scenario->name);
        }
        if (!strstr(fake.trace, "signal "))
                cr_expect_not(signalled, "%s", fake.scenario->name);
}

static void expect_last_message(void) {
        const struct scenario *scenario = fake.scenario;
        const struct worker_message *last = last_message();

        expect_part(scenario->detail, last->detail, "detail");
        expect_part(scenario->first_detail, fake.messages[0]->detail, "first detail");
        for (size_t i = 0; i < fake.told && scenario->failed_detail; i++)
                if (fake.messages[i]->failure) {
                        expect_part(scenario->failed_detail, fake.messages[i]->detail, "failed detail");
                        break;
                }
        expect_part(scenario->trail, last->trail, "trail");
        expect_part(scenario->rule, last->rule, "rule");
        if (last->failure == FAILURE_NOT_RECORDED)
                cr_expect_eq(last->cause, scenario->cause, "%s: %s: %s", scenario->name, cause_word(last->cause),
                             last->detail);
        if (scenario->auditd)
                cr_expect_eq(last->auditd, scenario->auditd, "%s: pid %d", scenario->name, last->auditd);
}

void fake_expect(void) {
        const struct scenario *scenario = fake.scenario;
        uint64_t passed = fake.now - 1000000 * SECOND;

        const char *told = receive();

        if (scenario->told)
                cr_expect_str_eq(told, scenario->told, "%s: %s", scenario->name, told);
        if (scenario->trace)
                cr_expect_str_eq(fake.trace, scenario->trace, "%s: %s", scenario->name, fake.trace);
        expect_sound_messages();
        expect_last_message();
        if (scenario->took)
                cr_expect_eq(passed / SECOND, (uint64_t)(scenario->took > 0 ? scenario->took : 0), "%s: %" PRIu64 " us",
                             scenario->name, passed);
        if (scenario->took < 0)
                cr_expect_eq(passed, 0, "%s", scenario->name);
}

void fake_end(void) {
        kill(fake.auditd, SIGKILL);
        waitpid(fake.auditd, NULL, 0);
        scene_end(&fake.scene);
        for (size_t i = 0; i < fake.told; i++)
                free(fake.messages[i]);
        close(fake.process);
        close(fake.daemon);
        close(fake.channel);
}

void play(const struct scenario *scenario) {
        struct task task;

        fake_start(scenario);
        task = fake_task();
        carry_out(&fake_machine, &task, fake.channel);
        fake_expect();
        fake_end();
}
