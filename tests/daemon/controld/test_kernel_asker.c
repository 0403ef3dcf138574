/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel is the tests' own: its answers are set before the child starts, and wait until there is a file. */
#include "daemon/controld/kernel_asker.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol/audit/audit_state.h"

static struct {
        int error;
        bool dies;
        const char *gate; /* the kernel answers when there is such a file; NULL: at once */
} kernel;

int __wrap_audit_state_ask(struct audit_state *state, struct audit_rules_question *rules);

/* The pid is told in the counter, so that an answer shows which question it is for. */
int __wrap_audit_state_ask(struct audit_state *state, struct audit_rules_question *rules) {
        while (kernel.gate && access(kernel.gate, F_OK) < 0)
                usleep(1000);
        if (kernel.dies)
                _exit(3);
        *state = (struct audit_state){ .enabled = true, .lost = (uint32_t)rules->subject->pid, .rate_limit = 1 };
        rules->dropped = (struct audit_dropped){ 0 };
        if (rules->subject->exe && strcmp(rules->subject->exe, "/usr/sbin/useradd") == 0)
                memset(rules->dropped.dropped, 0xff, sizeof(rules->dropped.dropped));
        return kernel.error;
}

static char folder[] = "/tmp/auditfail-asker-XXXXXX", gate[64];

/* The kernel answers nobody until it is let go. */
static void hold_kernel(void) {
        cr_assert(mkdtemp(folder));
        snprintf(gate, sizeof(gate), "%s/gate", folder);
        kernel.gate = gate;
}

static void let_kernel_go(void) {
        FILE *opened = fopen(gate, "we");

        cr_assert(opened);
        fclose(opened);
}

static sd_event *event;
static struct kernel_asker *asker;

static void begin(void) {
        sigset_t child;

        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        sigprocmask(SIG_BLOCK, &child, NULL);
        cr_assert_geq(sd_event_new(&event), 0);
        cr_assert_eq(kernel_asker_new(event, &asker), 0);
}

static void end(void) {
        asker = kernel_asker_free(asker);
        event = sd_event_unref(event);
        if (kernel.gate) {
                unlink(gate);
                rmdir(folder);
        }
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

static int ask(pid_t pid, const char *exe, struct answered *answered) {
        return kernel_asker_ask(asker, AUDIT_FIRST_USER_MSG, &(struct audit_subject){ .pid = pid, .exe = exe },
                                on_state, answered);
}

static void wait_for(const struct answered *answered) {
        while (answered->count == 0)
                cr_assert_geq(sd_event_run(event, UINT64_MAX), 0);
}

Test(kernel_asker, the_state_is_told_and_whether_a_rule_drops_the_record) {
        struct answered kept = { 0 }, dropped = { 0 };

        cr_assert_eq(ask(5, NULL, &kept), 0);
        cr_assert_eq(ask(6, "/usr/sbin/useradd", &dropped), 0);
        cr_expect_eq(kept.count, 0, "not before the event loop");
        wait_for(&dropped);
        cr_expect(kept.count == 1 && dropped.count == 1);
        cr_expect(kept.last.error == 0 && kept.last.enabled && kept.last.pressed && !kept.last.excluded);
        cr_expect(kept.last.lost == 5 && dropped.last.lost == 6);
        cr_expect(dropped.last.excluded);
}

Test(kernel_asker, an_error_is_told) {
        struct answered answered = { 0 };

        kernel.error = -EPERM;
        cr_assert_eq(ask(5, NULL, &answered), 0);
        wait_for(&answered);
        cr_expect_eq(answered.last.error, -EPERM);
}

/* As while its queue overflows. */
Test(kernel_asker, a_kernel_that_holds_whoever_asks_does_not_hold_the_daemon) {
        struct answered forgotten = { 0 }, waited_for = { 0 };
        const int more = KERNEL_QUERIES_MAX - 2;

        hold_kernel();
        cr_assert_eq(ask(5, NULL, &forgotten), 0);
        cr_expect_eq(sd_event_run(event, 0), 0, "there is nothing to do");
        kernel_asker_forget(asker, &forgotten);
        for (int i = 0; i < more; i++)
                cr_assert_eq(ask(6, NULL, &forgotten), 0);
        kernel_asker_forget(asker, &forgotten);
        cr_assert_eq(ask(7, NULL, &waited_for), 0);
        cr_expect_eq(ask(8, NULL, &forgotten), -EBUSY, "as many as can wait");

        let_kernel_go();
        wait_for(&waited_for);
        cr_expect_eq(waited_for.last.lost, 7);
        cr_expect_eq(forgotten.count, 0);
}

Test(kernel_asker, when_the_child_has_died_who_waits_is_told_and_the_next_question_starts_another) {
        struct answered first = { 0 }, second = { 0 }, third = { 0 };

        hold_kernel();
        kernel.dies = true;
        cr_assert_eq(ask(5, NULL, &first), 0);
        cr_assert_eq(ask(6, NULL, &second), 0);
        let_kernel_go();
        wait_for(&second);
        cr_expect(first.last.error == -ECHILD && second.last.error == -ECHILD);
        kernel.dies = false;
        cr_assert_eq(ask(7, NULL, &third), 0);
        wait_for(&third);
        cr_expect_eq(third.last.lost, 7);
}
