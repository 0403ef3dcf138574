/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel is the test's own (kernel_stand_in.c). A child that is stopped stands for one that the kernel holds, as it
 * does while its queue overflows.
 */
#include "daemon/controld/kernel_asker.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static sd_event *event;
static struct kernel_asker *asker;

static void begin(void) {
        sigset_t child;

        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        sigprocmask(SIG_BLOCK, &child, NULL);
        setenv("AUDIT_KERNEL", "rate=5 no-useradd", 1);
        cr_assert_geq(sd_event_new(&event), 0);
        cr_assert_eq(kernel_asker_new(event, &asker), 0);
}

static void end(void) {
        asker = kernel_asker_free(asker);
        event = sd_event_unref(event);
}

TestSuite(kernel_asker, .init = begin, .fini = end, .timeout = 30);

struct answered {
        unsigned count;
        struct kernel_state last;
};

static void on_state(const struct kernel_state *state, void *userdata) {
        struct answered *answered = userdata;

        answered->count++;
        answered->last = *state;
}

/* The kernel drops records of USERADD alone, so that an answer shows which query it is for. */
#define USERADD "/usr/sbin/useradd"

static int ask(const char *exe, struct answered *answered) {
        return kernel_asker_ask(asker, AUDIT_FIRST_USER_MSG, &(struct audit_subject){ .pid = 5, .exe = exe }, on_state,
                                answered);
}

static void wait_for(const struct answered *answered) {
        while (answered->count == 0)
                cr_assert_geq(sd_event_run(event, UINT64_MAX), 0);
}

/* Starts the child; returns its pid. */
static pid_t start_child(void) {
        struct answered answered = { 0 };
        FILE *children = fopen("/proc/thread-self/children", "re");
        pid_t pid = 0;

        cr_assert_eq(ask(NULL, &answered), 0);
        wait_for(&answered);
        if (!children)
                cr_skip("needs a kernel with CONFIG_PROC_CHILDREN");
        cr_assert_eq(fscanf(children, "%d", &pid), 1);
        fclose(children);
        return pid;
}

Test(kernel_asker, the_state_is_told_and_whether_a_rule_drops_the_record) {
        struct answered kept = { 0 }, dropped = { 0 };

        cr_assert_eq(ask("/usr/bin/passwd", &kept), 0);
        cr_assert_eq(ask(USERADD, &dropped), 0);
        cr_expect_eq(kept.count, 0, "not before the event loop");
        wait_for(&dropped);
        cr_expect(kept.count == 1 && dropped.count == 1);
        cr_expect(kept.last.error == 0 && kept.last.enabled && kept.last.pressed && !kept.last.excluded);
        cr_expect(dropped.last.excluded);
}

Test(kernel_asker, an_error_is_told) {
        struct answered answered = { 0 };

        setenv("AUDIT_KERNEL", "no-control", 1);
        cr_assert_eq(ask(NULL, &answered), 0);
        wait_for(&answered);
        cr_expect_eq(answered.last.error, -EPERM);
}

Test(kernel_asker, a_kernel_that_holds_the_child_does_not_hold_the_daemon) {
        struct answered forgotten = { 0 }, waited_for = { 0 };
        pid_t child = start_child();

        kill(child, SIGSTOP);
        cr_assert_eq(ask(NULL, &forgotten), 0);
        cr_expect_eq(sd_event_run(event, 0), 0, "there is nothing to do");
        kernel_asker_forget(asker, &forgotten);
        for (int i = 0; i < KERNEL_QUERIES_MAX - 2; i++)
                cr_assert_eq(ask(NULL, &forgotten), 0);
        kernel_asker_forget(asker, &forgotten);
        cr_assert_eq(ask(USERADD, &waited_for), 0);
        cr_expect_eq(ask(NULL, &forgotten), -EBUSY, "as many as can wait");

        kill(child, SIGCONT);
        wait_for(&waited_for);
        cr_expect(waited_for.last.excluded);
        cr_expect_eq(forgotten.count, 0);
}

Test(kernel_asker, after_the_child_has_died_waiting_callers_are_told_and_the_next_query_starts_another) {
        struct answered first = { 0 }, second = { 0 }, third = { 0 };
        pid_t child = start_child();

        kill(child, SIGSTOP);
        cr_assert_eq(ask(NULL, &first), 0);
        cr_assert_eq(ask(NULL, &second), 0);
        kill(child, SIGKILL);
        wait_for(&second);
        cr_expect(first.last.error == -ECHILD && second.last.error == -ECHILD);
        cr_assert_eq(ask(USERADD, &third), 0);
        wait_for(&third);
        cr_expect(third.last.excluded);
}

Test(kernel_asker, without_descriptors_there_is_no_child_to_ask) {
        struct rlimit limit;
        struct answered answered = { 0 };

        cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ .rlim_cur = 4, .rlim_max = limit.rlim_max }), 0);
        cr_expect_eq(ask(NULL, &answered), -EMFILE);
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
        cr_assert_eq(ask(NULL, &answered), 0);
        wait_for(&answered);
        cr_expect_eq(answered.last.error, 0);
}
