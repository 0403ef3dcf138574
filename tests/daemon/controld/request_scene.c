/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/daemon/controld/request_scene.h"

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

#include "daemon/controld/auditd/carry_out.h"
#include "daemon/controld/request.h"
#include "protocol/cleanup.h"
#include "tests/daemon/controld/fake_polkit.h"
#include "tests/harness/listening.h"

static const struct caller alice = {
        .peer.pid = 4142, .peer.uid = 1000, .peer.gid = 1000, .peer.auid = 1000, .peer.session = 3
};
static const struct caller root = {
        .peer.pid = 4243, .peer.uid = 0, .peer.gid = 0, .peer.auid = 1001, .peer.session = 4
};

struct scene scene;

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
        if (read(scene.go_on[0], &byte, 1) != 1)
                return false;
        if (byte == 'k')
                raise(SIGKILL);
        return true;
}

/* What the daemon has open is closed here, but for standard input, where the pipe is, too. */
void carry_out(const struct machine *machine, const struct task *task, int channel) {
        (void)machine;
        scene.go_on[0] = STDIN_FILENO;
        if (task->operation == OPERATION_REFUSAL) {
                char path[64];

                snprintf(path, sizeof(path), "%s/refused", scene.folder);
                cleanup(cleanup_file) FILE *file = fopen(path, "w");
                fprintf(file, "%s %s %s", operation_word(task->refused), task->why, task->id);
                tell(channel, STEP_DONE, FAILURE_NONE, false);
                return;
        }
        if (task->operation == OPERATION_RESTART) {
                worker_message_send(channel, &(struct worker_message){ .failure = FAILURE_NOT_STARTED,
                                                                       .signalled = true,
                                                                       .goes_on_usec = PATIENCE });
                sleep(PATIENCE / SECOND);
                return;
        }
        if (!may_go_on(channel, true))
                return;
        tell(channel, STEP_RECORDED, FAILURE_NONE, false);
        if (!may_go_on(channel, true))
                return;
        *task->stage = STAGE_SIGNALLED;
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

static int restart_late(struct connection *connection, struct call *call, const struct varlink_service *service) {
        return serve(connection, call, service, &root, OPERATION_RESTART, 10 * SECOND);
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
                        { .name = "Restart", .serve = restart_late },
                        { 0 },
                },
};

static const struct varlink_service service = { .product = "test",
                                                .interface = &interface,
                                                .context = &scene.controld };

void connect_caller(void) {
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

void end_caller(void) {
        if (scene.caller > 0) {
                kill(scene.caller, SIGKILL);
                waitpid(scene.caller, NULL, 0);
        }
        scene.caller = 0;
}

void scene_start(void) {
        struct sockaddr_un address;
        struct controld *controld = &scene.controld;
        sigset_t child;

        scene = (struct scene){ .folder = "/tmp/test-request-XXXXXX", .controld.trail = true };
        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        sigprocmask(SIG_BLOCK, &child, NULL);
        scene.listening = listen_in(scene.folder, &address);
        strcpy(scene.path, address.sun_path);
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
        controld->unfinished = unfinished_new(scene.folder);
        cr_assert_not_null(controld->unfinished);
        cr_assert_eq(server_new(controld->event, &service, 60, &controld->server), 0);
        cr_assert_eq(server_listen(controld->server, scene.listening), 0);
        /* As server_run() does before its first round. */
        cr_assert_geq(sd_event_prepare(controld->event), 0);
        connect_caller();
}

void scene_end(void) {
        struct controld *controld = &scene.controld;

        server_free(controld->server);
        authority_free(controld->authority);
        fake_polkit_end();
        sd_event_unref(scene.world);
        end_caller();
        close(scene.identity.process);
        ratelimit_free(controld->requests);
        ratelimit_free(controld->refusals);
        unfinished_free(controld->unfinished);
        sd_event_unref(controld->event);
        remove_folder(scene.folder);
}

void round_of_server(void) {
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

bool heard(const char *text) {
        return memmem(scene.heard, scene.heard_length, text, strlen(text));
}

size_t replies(void) {
        size_t count = 0;

        for (size_t i = 0; i < scene.heard_length; i++)
                count += scene.heard[i] == 0;
        return count;
}

size_t connections(void) {
        struct server_figures figures;

        server_figures(scene.controld.server, &figures);
        return figures.connections;
}

void say(const char *method) {
        char frame[128];
        int length = snprintf(frame, sizeof(frame), "{\"method\":\"io.test.Control.%s\",\"more\":true}", method);

        cr_assert_eq(send(scene.connection, frame, (size_t)length + 1, MSG_NOSIGNAL), length + 1);
}

void go_on(void) {
        cr_assert_eq(write(scene.go_on[1], "x", 1), 1);
}

void kill_worker(void) {
        cr_assert_eq(write(scene.go_on[1], "k", 1), 1);
}

const char *refused(void) {
        static char text[128];
        char path[64];

        snprintf(path, sizeof(path), "%s/refused", scene.folder);
        cleanup(cleanup_file) FILE *file = fopen(path, "r");
        text[file ? fread(text, 1, sizeof(text) - 1, file) : 0] = 0;
        if (file)
                unlink(path);
        return text;
}

void hang_up(void) {
        close(TAKE_FD(scene.connection));
}

void send_no_more(void) {
        shutdown(scene.connection, SHUT_WR);
}

void await_polkit(void) {
        int32_t uid;

        until(fake_polkit_action(NULL));
        cr_expect_str_eq(fake_polkit_action(&uid), AUTHORITY_STOP);
        cr_expect_eq(uid, 1000);
}

void bring_to(const char *method, int moment) {
        static const char *const words[] = { "\"identified\"", "\"recorded\"", "\"signalled\"" };

        say(method);
        if (strcmp(method, "Alice") == 0) {
                await_polkit();
                fake_polkit_answer(true);
        }
        until(worker_count() > 0 && heard(words[0]));
        for (int i = 1; i <= moment; i++) {
                go_on();
                until(heard(words[i]));
        }
}

void expect_nothing_left(void) {
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
