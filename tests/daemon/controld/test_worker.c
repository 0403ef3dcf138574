/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of workers, who here do what the test says in place of anything to do with auditing. */
#include "daemon/controld/worker.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/controld/auditd/carry_out.h"
#include "protocol/cleanup.h"
#include "protocol/clock.h"
#include "tests/daemon/controld/worker_message_copy.h"
#include "tests/harness/count_descriptors.h"

#define SECOND       1000000ULL
#define PATIENCE     (20 * SECOND)
#define MESSAGES_MAX 40

static void (*behave)(int channel);

void carry_out(const struct machine *machine, const struct task *task, int channel) {
        (void)machine;
        (void)task;
        behave(channel);
}

/* For behave: tells STEP, or what has FAILED. */
static void say(int channel, enum request_step step, bool signalled, const char *detail) {
        worker_message_send(channel,
                            &(struct worker_message){ .step = step, .signalled = signalled, .detail = detail });
}

/* For behave: until the daemon wants this to be given up. */
static void await_cancellation(int channel) {
        poll(&(struct pollfd){ .fd = channel, .events = POLLIN | POLLRDHUP }, 1, -1);
}

/* A loop, and all that a worker has told. */
struct office {
        sd_event *event;
        struct worker_message *messages[MESSAGES_MAX];
        size_t told;
};

static void forget_messages(struct office *office) {
        while (office->told > 0)
                free(office->messages[--office->told]);
}

static void office_end(struct office *office) {
        sd_event_unref(office->event);
        forget_messages(office);
}

static void office_start(struct office *office) {
        sigset_t child;

        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        sigprocmask(SIG_BLOCK, &child, NULL);
        *office = (struct office){ 0 };
        cr_assert_geq(sd_event_new(&office->event), 0);
}

#define OFFICE                                                                                                         \
        cleanup(office_end) struct office office;                                                                      \
        office_start(&office)

static void on_message(const struct worker_message *message, void *data) {
        struct office *office = data;

        cr_assert_lt(office->told, (size_t)MESSAGES_MAX);
        office->messages[office->told++] = worker_message_copy(message);
}

static _Atomic int stage;

static int try_start(struct office *office, enum operation operation, uint64_t time, struct worker **ret) {
        const struct task task = { .operation = operation, .deadline_usec = monotonic_usec() + time, .stage = &stage };

        return worker_start(office->event, &task, on_message, office, ret);
}

static struct worker *start(struct office *office, void (*how)(int), uint64_t time) {
        struct worker *worker;

        behave = how;
        cr_assert_eq(try_start(office, OPERATION_STOP, time, &worker), 0);
        return worker;
}

/* Runs the loop until COUNT messages have come, or no worker is left. */
static void run(struct office *office, size_t count) {
        uint64_t end = monotonic_usec() + PATIENCE;

        while (office->told < count && worker_count() > 0) {
                cr_assert_lt(monotonic_usec(), end, "it never came to be");
                cr_assert_geq(sd_event_run(office->event, SECOND), 0);
        }
}

static void run_to_end(struct office *office) {
        run(office, MESSAGES_MAX);
}

/* Expects COUNT messages, and that the last one is FAILURE. */
static void expect_failure(const struct office *office, size_t count, enum request_failure failure, bool signalled) {
        const struct worker_message *last = office->messages[office->told - 1];

        cr_assert_eq(office->told, count, "%zu", office->told);
        cr_expect_eq(last->failure, failure, "%s", request_failure_word(last->failure));
        cr_expect_eq(last->signalled, signalled);
        cr_expect_str_neq(last->detail, "");
}

static void work(int channel) {
        say(channel, STEP_RECORDED, false, "1");
        say(channel, STEP_SIGNALLED, true, "2");
        say(channel, STEP_STOPPED, true, "3");
        say(channel, STEP_DONE, true, "4");
}

Test(worker, messages_come_in_order) {
        static const enum request_step steps[] = { STEP_RECORDED, STEP_SIGNALLED, STEP_STOPPED, STEP_DONE };
        OFFICE;

        start(&office, work, 10 * SECOND);
        cr_expect_eq(worker_count(), 1);
        run_to_end(&office);
        cr_assert_eq(office.told, 4);
        for (size_t i = 0; i < 4; i++) {
                cr_expect_eq(office.messages[i]->step, steps[i]);
                cr_expect_eq(office.messages[i]->detail[0], '1' + (char)i);
        }
        cr_expect_eq(worker_count(), 0);
}

static void work_on(int channel) {
        work(channel);
        say(channel, STEP_DRAINING, true, "later");
        say(channel, STEP_DONE, true, "later");
}

Test(worker, nothing_is_told_after_the_last_message) {
        OFFICE;
        start(&office, work_on, 10 * SECOND);
        run_to_end(&office);
        cr_expect_eq(office.told, 4);
}

static void leave(int channel) {
        (void)channel;
}

static void leave_signalled(int channel) {
        say(channel, STEP_SIGNALLED, true, "");
}

static void crash(int channel) {
        say(channel, STEP_RECORDED, false, "");
        raise(SIGKILL);
}

static void crash_signalled(int channel) {
        say(channel, STEP_SIGNALLED, true, "");
        raise(SIGKILL);
}

Test(worker, a_worker_that_ends_without_a_last_message_has_failed) {
        OFFICE;
        start(&office, leave, 10 * SECOND);
        run_to_end(&office);
        expect_failure(&office, 1, FAILURE_FAILED, false);
        start(&office, crash, 10 * SECOND);
        run_to_end(&office);
        expect_failure(&office, 3, FAILURE_FAILED, false);
}

Test(worker, whether_auditd_has_the_signal_is_told_though_the_worker_is_gone) {
        OFFICE;
        start(&office, leave_signalled, 10 * SECOND);
        run_to_end(&office);
        expect_failure(&office, 2, FAILURE_FAILED, true);
        start(&office, crash_signalled, 10 * SECOND);
        run_to_end(&office);
        expect_failure(&office, 4, FAILURE_FAILED, true);
}

/* The worker and the test share no memory here, so the test says how far a lost worker came. */
Test(worker, the_stage_of_a_lost_worker_says_what_is_known_about_the_signal) {
        static const struct {
                enum stage stage, then;
                bool signalled, unsure;
        } table[] = {
                { STAGE_BEGUN, STAGE_CALLED_OFF, false, false },
                { STAGE_SIGNALLING, STAGE_SIGNALLING, false, true },
                { STAGE_SIGNALLED, STAGE_SIGNALLED, true, false },
        };
        OFFICE;

        for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
                const struct worker_message *last;

                forget_messages(&office);
                stage = table[i].stage;
                start(&office, crash, 10 * SECOND);
                run_to_end(&office);
                expect_failure(&office, 2, FAILURE_FAILED, table[i].signalled);
                last = office.messages[1];
                cr_expect(last->lost && last->unsure == table[i].unsure, "stage %d", table[i].stage);
                cr_expect_eq(stage, table[i].then, "stage %d", table[i].stage);
        }
        stage = STAGE_BEGUN;
        start(&office, leave_signalled, 10 * SECOND);
        run_to_end(&office);
        cr_expect(office.messages[office.told - 1]->signalled);
        forget_messages(&office);
        start(&office, work, 10 * SECOND);
        run_to_end(&office);
        cr_expect_not(office.messages[office.told - 1]->lost);
}

static _Noreturn void hang(int channel) {
        (void)channel;
        for (;;)
                pause();
}

static _Noreturn void hang_signalled(int channel) {
        say(channel, STEP_SIGNALLED, true, "");
        hang(channel);
}

/* Both at once, since it takes the grace. */
Test(worker, one_that_does_not_end_is_killed_after_its_time_and_a_grace) {
        OFFICE;
        struct office other = { 0 };
        uint64_t before = monotonic_usec();

        start(&office, hang, 100000);
        other.event = office.event;
        start(&other, hang_signalled, 100000);
        run_to_end(&office);
        cr_expect_geq(monotonic_usec() - before, WORKER_GRACE_USEC + 100000);
        expect_failure(&office, 1, FAILURE_FAILED, false);
        expect_failure(&other, 2, FAILURE_FAILED, true);
        forget_messages(&other);
        cr_expect_eq(worker_count(), 0);
}

static char later[] = "/tmp/test-worker-XXXXXX";

/* Goes on after its last message, for longer than its deadline and the grace. */
static void fail_and_go_on(int channel) {
        worker_message_send(channel, &(struct worker_message){ .failure = FAILURE_NOT_STARTED,
                                                               .signalled = true,
                                                               .goes_on_usec = 10 * SECOND });
        usleep(WORKER_GRACE_USEC + SECOND);
        say(channel, STEP_DONE, true, "auditd was started");
        unlink(later);
}

Test(worker, one_may_go_on_after_its_last_message) {
        OFFICE;
        int fd = mkstemp(later);

        cr_assert_geq(fd, 0);
        close(fd);
        start(&office, fail_and_go_on, 100000);
        run_to_end(&office);
        cr_assert_eq(office.told, 1);
        cr_expect_eq(office.messages[0]->failure, FAILURE_NOT_STARTED);
        cr_expect_eq(access(later, F_OK), -1);
        unlink(later);
}

static void give_up_when_told(int channel) {
        await_cancellation(channel);
        worker_message_send(channel, &(struct worker_message){ .failure = FAILURE_CANCELLED });
}

Test(worker, a_cancelled_worker_sends_the_last_message) {
        OFFICE;
        struct worker *worker = start(&office, give_up_when_told, 10 * SECOND);

        worker_cancel(worker);
        worker_cancel(worker);
        run_to_end(&office);
        cr_assert_eq(office.told, 1);
        cr_expect_eq(office.messages[0]->failure, FAILURE_CANCELLED);
}

static void finish_when_told(int channel) {
        await_cancellation(channel);
        say(channel, STEP_DONE, true, "");
}

Test(worker, one_may_be_too_far_to_be_cancelled) {
        OFFICE;
        worker_cancel(start(&office, finish_when_told, 10 * SECOND));
        run_to_end(&office);
        cr_assert_eq(office.told, 1);
        cr_expect_eq(office.messages[0]->step, STEP_DONE);
        cr_expect_eq(office.messages[0]->failure, FAILURE_NONE);
}

Test(worker, one_that_is_forgotten_tells_nothing_and_does_not_count) {
        OFFICE;
        worker_forget(start(&office, work, 10 * SECOND));
        cr_expect_eq(worker_count(), 0);
        struct worker *other = start(&office, finish_when_told, 10 * SECOND);
        for (int i = 0; i < 10; i++)
                cr_assert_geq(sd_event_run(office.event, SECOND / 20), 0);
        cr_expect_eq(office.told, 0);
        cr_expect_eq(worker_count(), 1);
        worker_cancel(other);
        run_to_end(&office);
}

/* Tells the descriptors that it has, but for the one that lists them, and the channel's number. */
static void list_descriptors(int channel) {
        char text[1024] = "";
        DIR *folder = opendir("/proc/self/fd");

        for (struct dirent *entry; folder && (entry = readdir(folder));)
                if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(folder))
                        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ", entry->d_name);
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "channel %d", channel);
        say(channel, STEP_DONE, false, text);
}

Test(worker, nothing_that_the_daemon_has_open_is_open_in_it) {
        OFFICE;
        struct worker *other =
                start(&office, finish_when_told, 10 * SECOND); /* its descriptors are the daemon's, too */
        int connections[2];

        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, connections), 0);
        start(&office, list_descriptors, 10 * SECOND);
        run(&office, 1);
        cr_expect_str_eq(office.messages[0]->detail, "0 1 2 3 channel 3");
        worker_cancel(other);
        run_to_end(&office);
}

/* Tells what it does about signals. */
static void list_signals(int channel) {
        static const int ignored[] = { SIGTERM, SIGINT, SIGHUP };
        sigset_t mask, none;
        bool right = true;

        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, NULL, &mask);
        for (size_t i = 0; i < 3; i++) {
                struct sigaction action;

                sigaction(ignored[i], NULL, &action);
                right &= action.sa_handler == SIG_IGN;
        }
        say(channel, STEP_DONE, false, right && memcmp(&mask, &none, sizeof(long)) == 0 ? "right" : "wrong");
}

Test(worker, what_ends_the_daemon_does_not_end_it) {
        OFFICE;
        start(&office, list_signals, 10 * SECOND);
        run_to_end(&office);
        cr_expect_str_eq(office.messages[0]->detail, "right");
}

/* Starts workers that wait for their cancellation until there are COUNT. Then one more for OPERATION does not start. */
static void start_up_to(struct office *office, enum operation operation, size_t count, struct worker **workers) {
        struct worker *more;

        behave = finish_when_told;
        while (worker_count() < count)
                cr_assert_eq(try_start(office, operation, 10 * SECOND, &workers[worker_count() - 1]), 0);
        cr_expect_eq(try_start(office, operation, 10 * SECOND, &more), -EBUSY);
}

static void finish_work(const void *data, int channel) {
        (void)data;
        finish_when_told(channel);
}

Test(worker, questions_leave_room_for_refusals_and_one_for_a_request_always_starts) {
        OFFICE;
        struct worker *workers[2 * WORKERS_MAX - 1], *first, *more;
        const struct work question = { .run = finish_work,
                                       .deadline_usec = monotonic_usec() + 10 * SECOND,
                                       .workers_max = 1 };

        cr_assert_eq(worker_run(office.event, &question, on_message, &office, &first), 0);
        cr_expect_eq(worker_run(office.event, &question, on_message, &office, &more), -EBUSY);
        start_up_to(&office, OPERATION_STATUS, WORKERS_MAX + WORKERS_MAX / 2, workers);
        start_up_to(&office, OPERATION_REFUSAL, 2 * WORKERS_MAX, workers);
        cr_assert_eq(try_start(&office, OPERATION_STOP, 10 * SECOND, &more), 0);
        cr_expect_eq(worker_count(), 2 * WORKERS_MAX + 1);

        worker_cancel(first);
        worker_cancel(more);
        for (size_t i = 0; i < 2 * WORKERS_MAX - 1; i++)
                worker_cancel(workers[i]);
        run_to_end(&office);
        cr_expect_eq(office.told, 2 * WORKERS_MAX + 1);
        cr_expect_eq(try_start(&office, OPERATION_STATUS, 10 * SECOND, &more), 0);
        worker_cancel(more);
        run_to_end(&office);
}

Test(worker, of_many_nothing_is_left) {
        OFFICE;
        size_t before = 0;

        for (int i = 0; i < 100; i++) {
                forget_messages(&office);
                start(&office, i % 2 ? work : crash, 10 * SECOND);
                run_to_end(&office);
                if (i == 1)
                        before = count_descriptors();
        }
        cr_expect_eq(count_descriptors(), before);
        cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
        cr_expect_eq(errno, ECHILD);
}

Test(worker, without_descriptors_there_is_none) {
        OFFICE;
        struct worker *worker;
        size_t used = count_descriptors();

        behave = work;
        while (dup(STDIN_FILENO) >= 0)
                ;
        cr_expect_eq(try_start(&office, OPERATION_STOP, 10 * SECOND, &worker), -EMFILE);
        cr_expect_eq(worker_count(), 0);
        close_range((unsigned)used + 8, ~0U, 0);
}
