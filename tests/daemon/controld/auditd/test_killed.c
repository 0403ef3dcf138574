/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The worker is killed at each of its system calls, on its way in and on its way out. Whatever it has done by then, the
 * daemon's report, and what the next daemon says, must be true.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/controld/auditd/carry_out.h"
#include "daemon/controld/unfinished.h"
#include "daemon/controld/worker.h"
#include "protocol/clock.h"
#include "tests/daemon/controld/auditd/fake_machine.h"

/* What the worker and the test share. */
static struct shared {
        pid_t worker;
        bool granted;         /* the record of the request is in the log */
        bool synced;          /* the log with the record is on disk */
        bool early;           /* the signal came before that */
        bool in_signal, told; /* the worker began to signal auditd; it has said that it did */
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
        return r;
}

static void carry_out_traced(const void *task, int channel) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
                _exit(EXIT_FAILURE);
        fake.process = pidfd_open(fake.auditd, 0); /* no descriptor of the daemon's is open here */
        shared->worker = getpid();
        raise(SIGSTOP);
        carry_out(&machine, task, channel);
}

/* Lets the worker go on to its COUNTth stop, and kills it there. Returns false if it has ended before. */
static bool kill_at(unsigned count) {
        siginfo_t info = { 0 };

        for (unsigned i = 0; i <= count; i++) {
                if (i > 0)
                        cr_assert_eq(ptrace(PTRACE_SYSCALL, shared->worker, NULL, NULL), 0);
                cr_assert_eq(waitid(P_PID, (id_t)shared->worker, &info, WSTOPPED | WEXITED | WNOWAIT), 0);
                if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED)
                        return false;
        }
        cr_assert_eq(kill(shared->worker, SIGKILL), 0);
        return true;
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
        char request[256], end[64], text[8192] = "";
        FILE *log = fopen(fake.scene.path, "re");

        cr_assert_not_null(log);
        text[fread(text, 1, sizeof(text) - 1, log)] = 0;
        fclose(log);
        snprintf(request, sizeof(request), "pid=%d uid=0 auid=1000 ", shared->worker);
        snprintf(end, sizeof(end), "type=DAEMON_END msg=audit(1700000001.456:4242): op=terminate");
        cr_expect_eq(strstr(text, end) != NULL, got_signal, "stop %u", at);
        if (got_signal) {
                cr_expect(strstr(text, request) && strstr(text, request) < strstr(text, end), "stop %u: %s", at, text);
                cr_expect_not(shared->early, "stop %u: the signal came first", at);
        }
}

static size_t count_descriptors(void) {
        DIR *folder = opendir("/proc/self/fd");
        size_t count = 0;

        while (readdir(folder))
                count++;
        closedir(folder);
        return count;
}

/* Returns whether the worker came to the stop AT, and whether the report was UNSURE. */
static bool is_killed_at(enum operation operation, unsigned at, bool *unsure) {
        const struct scenario scenario = { .name = "killed", .operation = operation };
        struct unfinished *page;
        struct worker *worker;
        sd_event *event;
        bool killed, got_signal;

        fake_start(&scenario);
        cr_assert_geq(sd_event_new(&event), 0);
        page = unfinished_new(fake.scene.folder);
        struct task task = fake_task();
        unfinished_begin(page, &task);
        memset(shared, 0, sizeof(*shared));
        last = (struct worker_message){ 0 };

        const struct work work = { .run = carry_out_traced,
                                   .data = &task,
                                   .deadline_usec = monotonic_usec() + 60 * SECOND,
                                   .stage = task.stage };
        cr_assert_eq(worker_run(event, &work, on_message, NULL, &worker), 0);
        while (!shared->worker)
                usleep(100);
        killed = kill_at(at);
        if (at % 2) { /* this daemon is gone, too, and its report is the next daemon's */
                waitid(P_PID, (id_t)shared->worker, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
                got_signal = auditd_got_signal();
                expect_true_explanation(at, got_signal);
        }
        while (worker_count() > 0)
                cr_assert_geq(sd_event_run(event, SECOND), 0);
        cr_expect_eq(waitpid(shared->worker, NULL, WNOHANG), -1, "stop %u: a zombie", at);
        got_signal = auditd_got_signal();
        cr_expect(worker_message_is_last(&last));
        cr_expect(!killed || last.lost || !last.failure, "stop %u", at);
        expect_true_report(at, got_signal);
        expect_true_trail(at, got_signal);
        if (last.lost)
                expect_true_explanation(at, got_signal);
        *unsure |= last.unsure;
        unfinished_free(page);
        sd_event_unref(event);
        fake_end();
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

Test(killed, at_each_system_call_the_reports_are_true) {
        sigset_t child;

        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        sigprocmask(SIG_BLOCK, &child, NULL);
        shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        cr_assert_neq(shared, MAP_FAILED);
        machine = fake_machine;
        machine.request_record_write = write_record;
        machine.log_watch_sync = sync_record;
        machine.auditd_signal = signal_auditd;
        kill_everywhere(OPERATION_STOP);
        kill_everywhere(OPERATION_RESTART);
}
