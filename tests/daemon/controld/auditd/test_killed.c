/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The worker, or the daemon and its worker, is killed at each system call, on the way in and on the way out. Whatever
 * was done by then, the daemon's report, and what the next daemon says, must be true. So must be the report if an
 * adversary interferes with auditd or its log at that moment.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/controld/auditd/carry_out.h"
#include "daemon/controld/unfinished.h"
#include "daemon/controld/worker.h"
#include "protocol/clock.h"
#include "tests/daemon/controld/auditd/fake_machine.h"
#include "tests/harness/count_descriptors.h"

/* What the worker and the test share. */
static struct shared {
        pid_t worker;
        bool granted;         /* the record of the request is in the log */
        bool synced;          /* the log with the record is on disk */
        bool early;           /* the signal came before that */
        unsigned sent;        /* signals of the worker that auditd got */
        bool in_signal, told; /* the worker began to signal auditd; it has said that it did */
        bool reported;        /* the daemon has the last message */
} * shared;

static struct machine machine;
static struct worker_message last;

static int write_record(const struct request_record *record) {
        int r = fake_machine.request_record_write(record);

        shared->granted |= record->answer == ANSWER_GRANTED;
        return r;
}

static int sync_record(struct log_watch *log) {
        int r = fake_machine.log_watch_sync(log);

        shared->synced |= shared->granted;
        return r;
}

static int signal_auditd(const struct auditd *auditd, int signal) {
        int r;

        shared->early |= !shared->synced;
        shared->in_signal = true;
        r = fake_machine.auditd_signal(auditd, signal);
        shared->told = true;
        shared->sent += r == 0;
        return r;
}

/* From now on, this process stops at each system call. */
static void be_traced(void) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
                _exit(EXIT_FAILURE);
        raise(SIGSTOP);
}

static void work(const void *task, int channel) {
        fake.process = pidfd_open(fake.auditd, 0); /* no descriptor of the daemon's is open here */
        shared->worker = getpid();
        carry_out(&machine, task, channel);
}

static void work_traced(const void *task, int channel) {
        be_traced();
        work(task, channel);
}

/* Lets process PID go on to its COUNTth stop. Returns false if it has ended before. */
static bool reach(pid_t pid, unsigned count) {
        siginfo_t info = { 0 };

        for (unsigned i = 0; i <= count; i++) {
                if (i > 0)
                        cr_assert_eq(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
                cr_assert_eq(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WEXITED | WNOWAIT), 0);
                if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED)
                        return false;
        }
        return true;
}

static bool kill_at(pid_t pid, unsigned count) {
        bool reached = reach(pid, count);

        if (reached)
                cr_assert_eq(kill(pid, SIGKILL), 0);
        return reached;
}

/* A child that is not auditd; 0: none. */
static pid_t other_child(void) {
        FILE *file = fopen("/proc/thread-self/children", "re");
        pid_t pid = 0, found = 0;

        cr_assert_not_null(file);
        while (fscanf(file, "%d", &pid) == 1)
                found = pid == fake.auditd ? found : pid;
        fclose(file);
        return found;
}

static void on_message(const struct worker_message *message, void *data) {
        (void)data;
        last = *message;
        last.detail = NULL;
}

/* auditd looks for SIGTERM before SIGCONT, which makes it write its state file. Returns whether it got SIGTERM. */
static bool auditd_got_signal(void) {
        uint64_t end = monotonic_usec() + 20 * SECOND;

        kill(fake.auditd, SIGCONT);
        while (auditd_is_alive()) {
                if (access(machine.state_file, F_OK) == 0)
                        return false;
                cr_assert_lt(monotonic_usec(), end);
                usleep(1000);
        }
        return true;
}

static void expect_true_report(unsigned at, bool got_signal) {
        if (last.lost && !last.unsure)
                cr_expect_eq(last.signalled, got_signal, "stop %u: the report is wrong", at);
        if (last.unsure)
                cr_expect(shared->in_signal && !shared->told, "stop %u: this could be known", at);
        if (!last.failure)
                cr_expect(got_signal && last.step == STEP_DONE, "stop %u", at);
}

static void expect_true_explanation(unsigned at, bool got_signal) {
        struct unfinished *page = unfinished_new(fake.scene.folder);
        char text[UNFINISHED_TEXT_MAX];

        unfinished_explain(page, text, sizeof(text));
        if (got_signal)
                cr_expect(strstr(text, " after auditd got the signal") || strstr(text, "is not known"), "stop %u: %s",
                          at, text);
        else
                cr_expect(strstr(text, " before auditd got the signal") || strstr(text, "is not known"), "stop %u: %s",
                          at, text);
        unfinished_free(page);
}

/* The log has the request before auditd's end, and names the worker and its login in both. */
static void expect_true_trail(unsigned at, bool got_signal) {
        static const char end[] = "type=DAEMON_END msg=audit(1700000001.456:4242): op=terminate";
        char request[256], text[8192] = "";
        FILE *log = fopen(fake.scene.path, "re");

        cr_assert_not_null(log);
        text[fread(text, 1, sizeof(text) - 1, log)] = 0;
        fclose(log);
        snprintf(request, sizeof(request), "pid=%d uid=0 auid=1000 ", shared->worker);
        cr_expect_eq(strstr(text, end) != NULL, got_signal, "stop %u", at);
        if (got_signal) {
                cr_expect(strstr(text, request) && strstr(text, request) < strstr(text, end), "stop %u: %s", at, text);
                cr_expect_not(shared->early, "stop %u: the signal came first", at);
        }
}

/* A request whose worker stops at each system call. */
struct traced {
        struct task task;
        struct unfinished *page;
        sd_event *event;
        pid_t worker;
};

static void traced_start(struct traced *traced, const struct scenario *scenario) {
        struct worker *worker;

        fake_start(scenario);
        cr_assert_geq(sd_event_new(&traced->event), 0);
        traced->page = unfinished_new(fake.scene.folder);
        traced->task = fake_task();
        unfinished_begin(traced->page, &traced->task);
        memset(shared, 0, sizeof(*shared));
        last = (struct worker_message){ 0 };

        const struct work what = { .run = work_traced,
                                   .data = &traced->task,
                                   .deadline_usec = monotonic_usec() + 60 * SECOND,
                                   .stage = traced->task.stage };
        cr_assert_eq(worker_run(traced->event, &what, on_message, NULL, &worker), 0);
        traced->worker = other_child();
}

static void traced_finish(const struct traced *traced) {
        while (worker_count() > 0)
                cr_assert_geq(sd_event_run(traced->event, SECOND), 0);
        cr_expect(worker_message_is_last(&last));
        cr_expect_eq(other_child(), 0, "a zombie");
}

static void traced_end(struct traced *traced) {
        unfinished_free(traced->page);
        sd_event_unref(traced->event);
        fake_end();
}

/* Returns whether the worker came to the stop AT, and whether the report was UNSURE. */
static bool is_killed_at(enum operation operation, unsigned at, bool *unsure) {
        const struct scenario scenario = { .name = "killed", .operation = operation };
        struct traced traced;
        bool killed, got_signal;

        traced_start(&traced, &scenario);
        killed = kill_at(traced.worker, at);
        if (at % 2) { /* this daemon is gone, too, and its report is the next daemon's */
                waitid(P_PID, (id_t)traced.worker, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
                got_signal = auditd_got_signal();
                expect_true_explanation(at, got_signal);
        }
        traced_finish(&traced);
        got_signal = auditd_got_signal();
        cr_expect(!killed || last.lost || !last.failure, "stop %u", at);
        expect_true_report(at, got_signal);
        expect_true_trail(at, got_signal);
        if (last.lost)
                expect_true_explanation(at, got_signal);
        *unsure |= last.unsure;
        traced_end(&traced);
        return killed;
}

/* Kills the worker of OPERATION at each stop. */
static void kill_everywhere(enum operation operation) {
        size_t before = 0;
        unsigned stops = 0;
        bool unsure = false;

        while (is_killed_at(operation, stops, &unsure))
                if (++stops == 1)
                        before = count_descriptors();
        cr_expect_eq(count_descriptors(), before);
        cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
        cr_expect_gt(stops, 50);
        cr_expect(unsure, "no kill hit the moment of the signal");
        cr_log_info("%s: killed %u times", operation_word(operation), stops);
}

static void terminate_auditd(void) {
        kill(fake.auditd, SIGTERM);
}

static void kill_auditd(void) {
        kill(fake.auditd, SIGKILL);
}

static void rotate_log(void) {
        rotate(&fake.scene);
}

static void truncate_log(void) {
        cr_assert_eq(truncate(fake.scene.path, 0), 0);
}

static const struct attack {
        const char *name;
        void (*run)(void);
        bool ends_auditd;
} attacks[] = {
        { "another process terminates auditd", terminate_auditd, true },
        { "another process kills auditd", kill_auditd, true },
        { "the log is rotated", rotate_log, false },
        { "the log is truncated", truncate_log, false },
};

/* Returns whether the worker came to the stop AT. */
static bool is_attacked_at(const struct attack *attack, unsigned at) {
        static const struct scenario scenario = { .name = "attacked", .operation = OPERATION_STOP };
        struct traced traced;
        bool reached;

        traced_start(&traced, &scenario);
        reached = reach(traced.worker, at);
        if (reached) {
                attack->run();
                ptrace(PTRACE_DETACH, traced.worker, NULL, NULL);
        }
        traced_finish(&traced);
        cr_expect_eq(last.signalled, shared->sent > 0, "%s, stop %u: the report is wrong", attack->name, at);
        cr_expect_leq(shared->sent, 1, "%s, stop %u: %u signals", attack->name, at, shared->sent);
        cr_expect_not(shared->early, "%s, stop %u: the signal came before the record", attack->name, at);
        if (!last.failure)
                cr_expect(shared->sent && !auditd_is_alive(), "%s, stop %u", attack->name, at);
        else
                cr_expect(attack->ends_auditd && !shared->sent &&
                                  (last.failure == FAILURE_ENDED_BY_ITSELF || last.failure == FAILURE_NO_AUDIT_DAEMON),
                          "%s, stop %u: %s", attack->name, at, request_failure_word(last.failure));
        traced_end(&traced);
        return reached;
}

static void end_page(const struct worker_message *message, void *page) {
        if (!worker_message_is_last(message))
                return;
        shared->reported = true;
        unfinished_end(page);
}

static _Noreturn void be_daemon(struct task task) {
        struct unfinished *page;
        struct worker *worker;
        sd_event *event;

        be_traced();
        page = unfinished_new(fake.scene.folder);
        unfinished_begin(page, &task);

        const struct work what = {
                .run = work, .data = &task, .deadline_usec = monotonic_usec() + 60 * SECOND, .stage = task.stage
        };
        if (sd_event_new(&event) < 0 || worker_run(event, &what, end_page, page, &worker) < 0)
                _exit(EXIT_FAILURE);
        while (worker_count() > 0)
                sd_event_run(event, SECOND);
        _exit(EXIT_SUCCESS);
}

/* As is_killed_at(), for the daemon. The worker of a daemon that was killed is killed, too: systemd does that. */
static bool is_daemon_killed_at(unsigned at, unsigned *explained) {
        const struct scenario scenario = { .name = "killed", .operation = OPERATION_STOP };
        char text[UNFINISHED_TEXT_MAX];
        struct unfinished *page;
        bool killed, got_signal;
        pid_t pid;

        fake_start(&scenario);
        memset(shared, 0, sizeof(*shared));
        pid = fork();
        if (pid == 0)
                be_daemon(fake_task());
        killed = kill_at(pid, at);
        do {
                kill(pid, SIGKILL);
                waitpid(pid, NULL, 0);
        } while ((pid = other_child()) > 0);
        got_signal = auditd_got_signal();
        page = unfinished_new(fake.scene.folder);
        unfinished_explain(page, text, sizeof(text));
        unfinished_free(page);
        if (*text)
                expect_true_explanation(at, got_signal);
        else
                cr_expect_eq(got_signal, shared->reported, "stop %u: nothing is explained", at);
        expect_true_trail(at, got_signal);
        *explained += *text != 0;
        fake_end();
        return killed;
}

static void prepare(void) {
        sigset_t child;

        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        sigprocmask(SIG_BLOCK, &child, NULL);
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        cr_assert_neq(shared, MAP_FAILED);
        machine = fake_machine;
        machine.request_record_write = write_record;
        machine.log_watch_sync = sync_record;
        machine.auditd_signal = signal_auditd;
}

static bool may_trace(void) {
        int status;
        pid_t pid = fork();

        if (pid == 0)
                _exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0);
        return waitpid(pid, &status, 0) == pid && status == 0;
}

TestSuite(killed, .init = prepare);

Test(killed, at_each_system_call_of_a_worker_the_reports_are_true) {
        if (!may_trace())
                cr_skip_test("no process may be traced here");
        kill_everywhere(OPERATION_STOP);
        kill_everywhere(OPERATION_RESTART);
}

Test(killed, at_each_system_call_of_a_worker_an_adversary_changes_no_report) {
        if (!may_trace())
                cr_skip_test("no process may be traced here");
        for (size_t i = 0; i < sizeof(attacks) / sizeof(*attacks); i++) {
                unsigned stops = 0;

                while (is_attacked_at(&attacks[i], stops))
                        stops += 2; /* on the way in */
                cr_expect_gt(stops, 50);
                cr_log_info("%s: %u times", attacks[i].name, stops);
        }
}

Test(killed, at_each_system_call_of_the_daemon_the_next_daemon_tells_the_truth) {
        unsigned stops = 0, explained = 0;

        if (!may_trace())
                cr_skip_test("no process may be traced here");
        while (is_daemon_killed_at(stops, &explained))
                stops++;
        cr_expect_gt(stops, 20);
        cr_expect_gt(explained, 10);
        cr_log_info("the daemon: killed %u times, %u explained", stops, explained);
}
