/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of a request. The caller may hang up or stop sending, and the worker may end, at any moment. */
#include "daemon/controld/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "protocol/cleanup.h"
#include "tests/daemon/controld/fake_polkit.h"
#include "tests/daemon/controld/request_scene.h"
#include "tests/harness/catch_stderr.h"

TestSuite(request, .init = scene_start, .fini = scene_end);

Test(request, each_step_is_told_and_one_is_the_last) {
        bring_to("Root", 2);
        cr_expect_not_null(scene.controld.active);
        go_on();
        until(heard("\"done\""));
        until(worker_count() == 0);
        cr_expect_eq(replies(), 4);
        expect_nothing_left();
}

/* Makes the socket of a service manager. */
static int manager_socket(void) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", scene.folder);
        cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        setenv("NOTIFY_SOCKET", address.sun_path, true);
        return fd;
}

/* Whether the next message to the service manager begins with BEGIN and ends with END. */
static bool notified(int fd, const char *begin, const char *end) {
        char text[256];
        ssize_t length = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

        text[length > 0 ? length : 0] = 0;
        return strncmp(text, begin, strlen(begin)) == 0 && length > (ssize_t)strlen(end) &&
               strcmp(text + length - strlen(end), end) == 0;
}

Test(request, systemd_is_told_what_is_under_way_and_how_it_ended) {
        cleanup(cleanup_fd) int manager = manager_socket();

        bring_to("Root", 2);
        cr_expect(notified(manager, "STATUS=Request ", " to stop auditd for auid 1001 is under way"));
        go_on();
        until(heard("\"done\""));
        cr_expect(notified(manager, "STATUS=Request ", " to stop auditd for auid 1001 is done"));
        bring_to("Root", 0);
        hang_up();
        until(connections() == 0);
        until(worker_count() == 0);
        cr_expect(notified(manager, "STATUS=Request ", " is under way"));
        cr_expect(notified(manager, "STATUS=Request ", " failed: Cancelled"));
        unsetenv("NOTIFY_SOCKET");
}

Test(request, a_worker_that_sends_nothing_is_killed_in_time) {
        say("AtOnce");
        until(heard("did not end in time and was killed"));
        expect_nothing_left();
}

Test(request, closing_the_connection_before_the_signal_cancels) {
        for (int moment = 0; moment < 2; moment++) {
                bring_to("Root", moment);
                hang_up();
                until(connections() == 0);
                until(worker_count() == 0); /* the test has not told it to go on */
                expect_nothing_left();
                scene.heard_length = 0;
        }
}

Test(request, closing_the_sending_side_before_the_signal_cancels_and_is_told) {
        for (int moment = 0; moment < 2; moment++) {
                bring_to("Root", moment);
                send_no_more();
                until(heard("io.auditfail.Control.Cancelled"));
                until(connections() == 0);
                cr_expect_eq(replies(), (size_t)moment + 2);
                hang_up();
                expect_nothing_left();
                scene.heard_length = 0;
        }
}

Test(request, after_the_signal_a_request_goes_on_without_its_caller) {
        bring_to("Root", 2);
        hang_up();
        until(connections() == 0);
        cr_expect_eq(worker_count(), 1);
        cr_expect_not_null(scene.controld.active);
        go_on();
        expect_nothing_left();
}

Test(request, closing_the_sending_side_after_the_signal_cancels_nothing) {
        bring_to("Root", 2);
        send_no_more();
        until(scene.controld.active && worker_count() == 1);
        go_on();
        until(heard("\"done\""));
        until(connections() == 0);
        hang_up();
        expect_nothing_left();
}

Test(request, a_daemon_that_is_ending_takes_no_request_and_cancels_the_one_it_has) {
        int first;

        bring_to("Root", 1);
        scene.controld.ending = true;
        first = scene.connection;
        connect_caller();
        say("Root");
        until(heard("the daemon is ending"));
        hang_up();
        scene.connection = first;
        request_cancel(scene.controld.active);
        until(heard("io.auditfail.Control.Cancelled"));
        scene.controld.ending = false;
        expect_nothing_left();
}

Test(request, other_operations_are_told_step_by_step_too) {
        bring_to("Reload", 2);
        go_on();
        until(heard("\"done\""));
        expect_nothing_left();
}

Test(request, only_a_stop_ends_a_restart_that_goes_on_after_its_time) {
        say("Restart");
        until(heard("io.auditfail.Control.NotStarted"));
        hang_up();
        connect_caller();
        bring_to("Reload", 2);
        cr_expect_eq(worker_count(), 2);
        go_on();
        until(heard("\"done\""));
        hang_up();
        connect_caller();
        bring_to("Root", 2);
        until(worker_count() == 1);
        go_on();
        until(heard("\"done\""));
        expect_nothing_left();
}

/* Kills the worker of a request at MOMENT, and expects that the next request is told TEXT, and no other request. */
static void lose_worker(int moment, const char *text) {
        bring_to("Root", moment);
        kill_worker();
        until(heard("io.auditfail.Control.Failed"));
        cr_expect(heard(moment == 2 ? "\"signalled\":true" : "\"signalled\":false"));
        until(worker_count() == 0);
        hang_up();
        connect_caller();
        bring_to("Reload", 2);
        cr_expect(heard(text));
        go_on();
        until(heard("\"done\""));
        hang_up();
        connect_caller();
        bring_to("Root", 0);
        cr_expect_not(heard("interrupted"));
        hang_up();
        until(connections() == 0);
        expect_nothing_left();
        scene.heard_length = 0;
}

Test(request, what_became_of_a_request_without_its_worker_is_told_to_the_next_one) {
        lose_worker(1, " to stop auditd was interrupted before auditd got the signal\"");
        cr_expect(strncmp(refused(), "stop Failed ", 12) == 0);
        lose_worker(2, " to stop auditd was interrupted after auditd got the signal: what ");
        cr_expect_str_empty(refused());
}

Test(request, what_became_of_a_request_without_its_daemon_is_logged_recorded_and_told) {
        struct task task = { .operation = OPERATION_STOP, .caller = { .peer.auid = 1000 }, .id = "0123456789abcdef" };
        char log[1024];
        int caught;

        unfinished_begin(scene.controld.unfinished, &task);
        unfinished_free(scene.controld.unfinished);
        scene.controld.unfinished = unfinished_new(scene.folder);
        caught = catch_stderr();
        request_explain_lost(&scene.controld);
        until(worker_count() == 0);
        read_all(caught, log, sizeof(log));
        cr_expect_not_null(strstr(log, "request 0123456789abcdef to stop auditd was interrupted before"), "%s", log);
        cr_expect_str_eq(refused(), "stop Failed 0123456789abcdef");
        say("Alice");
        await_polkit();
        cr_expect(heard("interrupted before"));
        fake_polkit_answer(false);
        until(heard("PermissionDenied"));
        hang_up();
        connect_caller();
        bring_to("Root", 0);
        cr_expect(heard("interrupted before"), "a request that was refused has changed nothing");
        hang_up();
        until(connections() == 0);
        expect_nothing_left();
}

Test(request, a_request_that_cannot_start_has_failed) {
        struct rlimit limit;

        until(connections() == 1);
        cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ .rlim_cur = 4, .rlim_max = limit.rlim_max }), 0);
        say("Root");
        until(heard("io.auditfail.Control.Failed"));
        cr_expect(heard("\"signalled\":false"));
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
        expect_nothing_left();
}
