/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * No test here reaches this machine's journal or trail: the journal is a socket in a mount namespace, and the tests
 * give up CAP_AUDIT_WRITE first.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "daemon/auditfaild/report.h"
#include "daemon/auditfaild/report_journal.h"
#include "daemon/common/log.h"
#include "tests/harness/catch_stderr.h"
#include "tests/harness/decisions.h"
#include "tests/harness/give_up_audit_write.h"

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED true /* the sanitizer needs memory, too */
#else
#define SANITIZED false
#endif

/* Enters a mount namespace where the returned socket is the journal. Skips the test if that is not allowed. */
static int pretend_journal(void) {
        static const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket" };
        int fd;

        if (unshare(getuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) < 0 ||
            mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount("tmpfs", "/run", "tmpfs", 0, NULL) < 0)
                cr_skip("needs a mount namespace: %s", strerror(errno));
        cr_assert_eq(mkdir("/run/systemd", 0755), 0);
        cr_assert_eq(mkdir("/run/systemd/journal", 0755), 0);
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        cr_assert_eq(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
        return fd;
}

Test(report, a_decision_arrives_in_the_journal_as_it_was_submitted, .timeout = 30) {
        const struct decision decision = passwd_decision();
        struct reporter *reporter;
        char datagram[8192];
        int journal = pretend_journal();

        cr_assert_eq(reporter_new(true, false, &reporter), 0);
        cr_expect(reporter_submit(reporter, &decision));
        reporter = reporter_free(reporter);
        cr_expect_null(reporter);

        ssize_t length = recv(journal, datagram, sizeof(datagram) - 1, MSG_DONTWAIT);

        cr_assert_gt(length, 0, "what was queued is written before the thread ends");
        datagram[length] = 0;

        char *entry = journal_entry(&decision);

        cr_expect_str_eq(datagram, entry);
        free(entry);
}

Test(report, without_a_journal_a_decision_is_a_line_on_stderr) {
        const struct decision decision = passwd_decision();
        struct reporter *reporter;
        char text[1024];
        int fd = catch_stderr();

        cr_assert_eq(reporter_new(false, false, &reporter), 0);
        cr_expect_not(reporter_trail_works(reporter));
        cr_expect(reporter_submit(reporter, &decision));
        reporter_free(reporter);
        read_all(fd, text, sizeof(text));
        cr_expect_str_eq(text, "auditfaild: passwd (pid 123, uid 0, auid 1000) could not write to the audit trail "
                               "(USER_CHAUTHTOK, audit_log_user_message: EPERM): told to terminate by "
                               "/etc/auditfail/passwd.conf:2; left out before this one: 3\n");
}

Test(report, without_a_journal_socket_a_decision_goes_to_stderr) {
        const struct decision decision = passwd_decision();
        struct reporter *reporter;
        char text[1024];
        int fd;

        pretend_journal();
        unlink("/run/systemd/journal/socket");
        fd = catch_stderr();
        cr_assert_eq(reporter_new(true, false, &reporter), 0);
        reporter_submit(reporter, &decision);
        reporter_free(reporter);
        read_all(fd, text, sizeof(text));
        cr_expect_not_null(strstr(text, "told to terminate"), "%s", text);
}

static time_t seconds(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec;
}

/* A journal that does not read takes a few datagrams and then blocks, as one that is stopped does. */
Test(report, a_journal_that_hangs_holds_up_neither_submit_nor_free, .timeout = 30) {
        const struct decision decision = passwd_decision();
        struct reporter *reporter;
        size_t taken = 0;
        char text[1024], byte;
        int journal = pretend_journal(), fd = catch_stderr();
        time_t start = seconds();

        log_to_journal(true);
        cr_assert_eq(reporter_new(true, false, &reporter), 0);
        while (taken < 10000 && reporter_submit(reporter, &decision))
                taken++;
        cr_expect_geq(taken, REPORT_QUEUE_MAX);
        cr_expect_lt(taken, 10000, "the queue has an end");
        reporter_free(reporter);
        cr_expect_lt(seconds() - start, 10, "2 s are promised, and this machine is slow");
        read_all(fd, text, sizeof(text));
        cr_expect_not_null(strstr(text, "The journal hangs"), "%s", text);

        /* The thread that was left behind still has its queue, and writes the rest as soon as it can. */
        for (size_t i = 0; i < taken; i++)
                cr_assert_gt(recv(journal, &byte, 1, 0), 0);
}

Test(report, in_a_queue_that_hangs_persons_leave_room_for_root_and_services, .timeout = 30) {
        struct decision decision = passwd_decision();
        struct reporter *reporter;
        size_t persons = 0, others = 0;

        pretend_journal();
        catch_stderr();
        cr_assert_eq(reporter_new(true, false, &reporter), 0);
        for (decision.budget = BUDGET_COUNT - 1; decision.budget > BUDGET_SYSTEM; decision.budget--)
                while (persons < 10000 && reporter_submit(reporter, &decision))
                        persons++;
        cr_expect_geq(persons, REPORT_QUEUE_PERSONS);
        while (others < 10000 && reporter_submit(reporter, &decision))
                others++;
        cr_expect_geq(others, REPORT_QUEUE_MAX - REPORT_QUEUE_PERSONS);
        cr_expect_lt(others, 10000, "the queue has an end");
        reporter_free(reporter);
}

Test(report, a_queue_that_moves_again_says_how_many_it_dropped, .timeout = 30) {
        const struct decision decision = passwd_decision();
        struct reporter *reporter;
        size_t taken = 0;
        char text[1024], byte;
        int journal = pretend_journal(), fd = catch_stderr();

        cr_assert_eq(reporter_new(true, false, &reporter), 0);
        while (taken < 10000 && reporter_submit(reporter, &decision))
                taken++;
        for (size_t i = 0; i < taken; i++)
                cr_assert_gt(recv(journal, &byte, 1, 0), 0);
        reporter_free(reporter);
        read_all(fd, text, sizeof(text));
        cr_expect_not_null(strstr(text, "The journal was too slow: decisions not reported there: 1"), "%s", text);
}

Test(report, the_journal_has_what_the_trail_refuses, .timeout = 30) {
        const struct decision decision = passwd_decision();
        struct reporter *reporter;
        char text[4096];
        int fd = catch_stderr();

        give_up_audit_write();
        cr_assert_eq(reporter_new(false, true, &reporter), 0);
        cr_expect(reporter_submit(reporter, &decision));
        reporter_free(reporter);
        read_all(fd, text, sizeof(text));
        cr_expect_not_null(strstr(text, "told to terminate by /etc/auditfail/passwd.conf:2"), "%s", text);
        cr_expect_not_null(strstr(text, "Cannot write to the audit trail"), "%s", text);
}

/* Lets the process have at most SPARE bytes more than now. */
static void limit_memory(size_t spare) {
        unsigned long pages;
        FILE *file = fopen("/proc/self/statm", "re");

        cr_assert_eq(fscanf(file, "%lu", &pages), 1);
        fclose(file);

        rlim_t size = pages * (rlim_t)sysconf(_SC_PAGESIZE) + spare;

        cr_assert_eq(setrlimit(RLIMIT_AS, &(struct rlimit){ size, RLIM_INFINITY }), 0);
}

Test(report, without_memory_there_is_no_reporter, .disabled = SANITIZED) {
        struct reporter *reporter;

        limit_memory(0);
        cr_expect_eq(reporter_new(false, true, &reporter), -ENOMEM, "no room for a queue");
        limit_memory(1 << 20);
        cr_expect_eq(reporter_new(false, true, &reporter), -EAGAIN, "no room for a thread's stack");
}

Test(report, freeing_nothing_is_fine) {
        cr_expect_null(reporter_free(NULL));
}
