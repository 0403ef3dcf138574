/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The life of a request. The caller may hang up or stop sending, polkit may answer, and the worker may end, at any
 * moment. The server, the workers and the caller's process are real. The test says what a worker does and what polkit
 * answers.
 */
#include "daemon/controld/request.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/controld/admission.h"
#include "daemon/controld/auditd/carry_out.h"
#include "daemon/controld/worker.h"
#include "protocol/cleanup.h"
#include "protocol/clock.h"
#include "tests/daemon/controld/fake_polkit.h"

#define SECOND   1000000ULL
#define PATIENCE (20 * SECOND)

static const struct caller alice = {
        .peer.pid = 4142, .peer.uid = 1000, .peer.gid = 1000, .peer.auid = 1000, .peer.session = 3
};
static const struct caller root = {
        .peer.pid = 4243, .peer.uid = 0, .peer.gid = 0, .peer.auid = 1001, .peer.session = 4
};

/* The daemon, its caller, and what is at stake. */
static struct scene {
        struct controld controld;
        sd_event *world; /* the loop of polkit: what happens there wakes no other source of the daemon's loop */
        char folder[32], path[64], bus[64];
        int listening;
        int connection; /* the caller's */
        int go_on[2];   /* a worker takes a byte from it before each of its messages */
        char heard[65536];
        size_t heard_length;

        struct identity identity; /* of the caller, whose process is a child of the test */
        pid_t caller;
} scene;

static void tell(int channel, enum request_step step, enum request_failure failure, bool signalled) {
        worker_message_send(channel,
                            &(struct worker_message){ .step = step, .failure = failure, .signalled = signalled });
}

/* Until the test says so. Returns false where the request was cancelled before. */
static bool may_go_on(int channel, bool can_be_cancelled) {
        struct pollfd wanted[] = {
                { .fd = scene.go_on[0], .events = POLLIN },
                { .fd = can_be_cancelled ? channel : -1, .events = POLLIN | POLLRDHUP },
        };
        char byte;

        if (poll(wanted, 2, 20000) <= 0)
                _exit(EXIT_FAILURE);
        if (wanted[1].revents) {
                tell(channel, 0, FAILURE_CANCELLED, false);
                return false;
        }
        return read(scene.go_on[0], &byte, 1) == 1;
}

/* What the daemon has open is closed here, but for standard input, where the pipe is, too. */
void carry_out(const struct machine *machine, const struct task *task, int channel) {
        (void)machine;
        scene.go_on[0] = STDIN_FILENO;
        if (task->operation == OPERATION_REFUSAL) {
                tell(channel, STEP_DONE, FAILURE_NONE, false);
                return;
        }
        if (!may_go_on(channel, true))
                return;
        tell(channel, STEP_RECORDED, FAILURE_NONE, false);
        if (!may_go_on(channel, true))
                return;
        tell(channel, STEP_SIGNALLED, FAILURE_NONE, true);
        if (may_go_on(channel, false))
                tell(channel, STEP_DONE, FAILURE_NONE, true);
}

static int serve(struct connection *connection, struct call *call, const struct varlink_service *service,
                 const struct caller *caller, enum operation operation, uint64_t timeout_usec) {
        struct request_options options = {
                .task = { .operation = operation, .caller = *caller, .identified = true },
                .timeout_usec = timeout_usec,
                .interactive = true,
                .more = call->more,
        };

        connection->data = &scene.identity;
        request_begin(connection, service->context, &options);
        return 0;
}

static int stop_for_alice(struct connection *connection, struct call *call, const struct varlink_service *service) {
        return serve(connection, call, service, &alice, OPERATION_STOP, 10 * SECOND);
}

static int stop_for_root(struct connection *connection, struct call *call, const struct varlink_service *service) {
        return serve(connection, call, service, &root, OPERATION_STOP, 10 * SECOND);
}

static int reload_for_root(struct connection *connection, struct call *call, const struct varlink_service *service) {
        return serve(connection, call, service, &root, OPERATION_RELOAD, 10 * SECOND);
}

static int stop_at_once(struct connection *connection, struct call *call, const struct varlink_service *service) {
        return serve(connection, call, service, &root, OPERATION_STOP, 0);
}

static const struct interface interface = {
        .name = "io.test.Control",
        .description = "",
        .methods =
                (const struct method[]){
                        { .name = "Alice", .serve = stop_for_alice },
                        { .name = "Root", .serve = stop_for_root },
                        { .name = "Reload", .serve = reload_for_root },
                        { .name = "AtOnce", .serve = stop_at_once },
                        { 0 },
                },
};

static const struct varlink_service service = { .product = "test",
                                                .interface = &interface,
                                                .context = &scene.controld };

static void connect_caller(void) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        strcpy(address.sun_path, scene.path);
        scene.connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        cr_assert_eq(connect(scene.connection, (struct sockaddr *)&address, sizeof(address)), 0);
        scene.heard_length = 0;
}

static void start_caller(void) {
        scene.caller = fork();
        if (scene.caller == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                pause();
                _exit(EXIT_SUCCESS);
        }
        scene.identity.process = pidfd_open(scene.caller, 0);
        cr_assert_geq(scene.identity.process, 0);
}

static void end_caller(void) {
        if (scene.caller > 0) {
                kill(scene.caller, SIGKILL);
                waitpid(scene.caller, NULL, 0);
        }
        scene.caller = 0;
}

static void scene_start(void) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        struct controld *controld = &scene.controld;
        sigset_t child;

        scene = (struct scene){ .folder = "/tmp/test-request-XXXXXX", .controld.trail = true };
        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        sigprocmask(SIG_BLOCK, &child, NULL);
        cr_assert(mkdtemp(scene.folder));
        snprintf(scene.path, sizeof(scene.path), "%s/socket", scene.folder);
        strcpy(address.sun_path, scene.path);
        scene.listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        cr_assert_eq(bind(scene.listening, (struct sockaddr *)&address, sizeof(address)), 0);
        cr_assert_eq(listen(scene.listening, 16), 0);
        cr_assert_eq(pipe(scene.go_on), 0);
        cr_assert_geq(dup2(scene.go_on[0], STDIN_FILENO), 0);
        cr_assert_geq(sd_event_new(&controld->event), 0);
        start_caller();
        snprintf(scene.bus, sizeof(scene.bus), "%s/bus", scene.folder);
        cr_assert_geq(sd_event_new(&scene.world), 0);
        fake_polkit_start(scene.world, scene.bus);
        cr_assert_eq(authority_new(controld->event, &authority_limits, &controld->authority), 0);
        cr_assert_eq(ratelimit_new(REQUEST_BURST, &controld->requests), 0);
        cr_assert_eq(ratelimit_new(REQUEST_BURST, &controld->refusals), 0);
        cr_assert_eq(server_new(controld->event, &service, 60, &controld->server), 0);
        cr_assert_eq(server_listen(controld->server, scene.listening), 0);
        /* As server_run() does before its first round. */
        cr_assert_geq(sd_event_prepare(controld->event), 0);
        connect_caller();
}

static void scene_end(void) {
        struct controld *controld = &scene.controld;

        server_free(controld->server);
        authority_free(controld->authority);
        fake_polkit_end();
        sd_event_unref(scene.world);
        end_caller();
        close(scene.identity.process);
        ratelimit_free(controld->requests);
        ratelimit_free(controld->refusals);
        sd_event_unref(controld->event);
        unlink(scene.path);
        unlink(scene.bus);
        rmdir(scene.folder);
}

TestSuite(request, .init = scene_start, .fini = scene_end);

/* One round of the server; what the caller is told is kept. */
static void round_of_server(void) {
        ssize_t count;

        cr_assert_geq(server_round(scene.controld.server, 10), 0);
        cr_assert_geq(sd_event_run(scene.world, 0), 0);
        if (scene.connection < 0)
                return;
        count = recv(scene.connection, scene.heard + scene.heard_length, sizeof(scene.heard) - scene.heard_length - 1,
                     MSG_DONTWAIT);
        if (count > 0)
                scene.heard_length += (size_t)count;
}

/* Whether the caller was told TEXT. */
static bool heard(const char *text) {
        return memmem(scene.heard, scene.heard_length, text, strlen(text));
}

static size_t replies(void) {
        size_t count = 0;

        for (size_t i = 0; i < scene.heard_length; i++)
                count += scene.heard[i] == 0;
        return count;
}

#define until(condition)                                                                                               \
        do {                                                                                                           \
                uint64_t until_end = monotonic_usec() + PATIENCE;                                                      \
                while (!(condition)) {                                                                                 \
                        cr_assert_lt(monotonic_usec(), until_end, "it never came to be: %s", #condition);              \
                        round_of_server();                                                                             \
                }                                                                                                      \
        } while (0)

static size_t connections(void) {
        struct server_figures figures;

        server_figures(scene.controld.server, &figures);
        return figures.connections;
}

static void say(const char *method) {
        char frame[128];
        int length = snprintf(frame, sizeof(frame), "{\"method\":\"io.test.Control.%s\",\"more\":true}", method);

        cr_assert_eq(send(scene.connection, frame, (size_t)length + 1, MSG_NOSIGNAL), length + 1);
}

static void go_on(void) {
        cr_assert_eq(write(scene.go_on[1], "x", 1), 1);
}

static void hang_up(void) {
        close(TAKE_FD(scene.connection));
}

static void send_no_more(void) {
        shutdown(scene.connection, SHUT_WR);
}

/* Until polkit is asked about alice's stop. */
static void await_polkit(void) {
        int32_t uid;

        until(fake_polkit_action(NULL));
        cr_expect_str_eq(fake_polkit_action(&uid), AUTHORITY_STOP);
        cr_expect_eq(uid, 1000);
}

/* That nothing comes of a yes for a request that is no more. */
static void expect_answer_unheard(void) {
        fake_polkit_answer(true);
        for (int i = 0; i < 20; i++)
                round_of_server();
        cr_expect_eq(worker_count(), 0);
        cr_expect_null(scene.controld.active);
}

/* Brings a request of METHOD to the MOMENTth message of its worker. */
static void bring_to(const char *method, int moment) {
        static const char *const words[] = { "\"identified\"", "\"recorded\"", "\"signalled\"" };

        say(method);
        if (strcmp(method, "Alice") == 0) {
                await_polkit();
                fake_polkit_answer(true);
        }
        until(worker_count() == 1 && heard(words[0]));
        for (int i = 1; i <= moment; i++) {
                go_on();
                until(heard(words[i]));
        }
}

/* That nothing is left of the request, and another one can be made. */
static void expect_nothing_left(void) {
        until(worker_count() == 0);
        cr_expect_null(scene.controld.active);
        if (scene.connection < 0)
                connect_caller();
        scene.heard_length = 0;
        bring_to("Root", 2);
        go_on();
        until(heard("\"done\""));
        until(worker_count() == 0);
        cr_expect_null(scene.controld.active);
}

Test(request, each_step_is_told_and_one_is_the_last) {
        bring_to("Root", 2);
        cr_expect_not_null(scene.controld.active);
        go_on();
        until(heard("\"done\""));
        until(worker_count() == 0);
        cr_expect_eq(replies(), 4);
        expect_nothing_left();
}

Test(request, a_user_authorised_by_polkit_is_served) {
        bring_to("Alice", 2);
        cr_expect(heard("\"waiting\""));
        go_on();
        until(heard("\"done\""));
        expect_nothing_left();
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

Test(request, closing_the_connection_while_polkit_is_asked_forgets_the_call) {
        say("Alice");
        await_polkit();
        hang_up();
        until(connections() == 0);
        expect_answer_unheard();
        expect_nothing_left();
}

Test(request, closing_the_sending_side_while_polkit_is_asked_cancels) {
        say("Alice");
        await_polkit();
        send_no_more();
        until(heard("io.auditfail.Control.Cancelled"));
        until(connections() == 0);
        expect_answer_unheard();
        hang_up();
        expect_nothing_left();
}

Test(request, a_refusal_of_polkit_is_told) {
        say("Alice");
        await_polkit();
        fake_polkit_answer(false);
        until(heard("io.auditfail.Control.PermissionDenied"));
        cr_expect(heard("polkit does not allow it"));
        cr_expect_eq(replies(), 3); /* identified, waiting */
        expect_nothing_left();
}

Test(request, an_authorisation_of_a_process_that_has_ended_is_refused) {
        say("Alice");
        await_polkit();
        end_caller();
        fake_polkit_answer(true);
        until(heard("io.auditfail.Control.PermissionDenied"));
        expect_nothing_left();
}

Test(request, an_authorisation_that_comes_after_another_request_began_is_busy) {
        int patient;

        say("Alice");
        await_polkit();
        patient = scene.connection;
        connect_caller();
        bring_to("Root", 1);
        fake_polkit_answer(true);
        hang_up(); /* root */
        scene.connection = patient;
        until(heard("io.auditfail.Control.Busy"));
        expect_nothing_left();
}

Test(request, an_authorisation_that_comes_while_the_daemon_ends_starts_nothing) {
        say("Alice");
        await_polkit();
        scene.controld.ending = true;
        fake_polkit_answer(true);
        until(heard("io.auditfail.Control.Cancelled"));
        cr_expect_eq(worker_count(), 0);
        scene.controld.ending = false;
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

Test(request, without_a_bus_to_ask_polkit_a_request_is_refused) {
        setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent", 1);
        say("Alice");
        until(heard("polkit cannot be asked"));
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
