/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A service with a few methods, and its clients, in one process: what a service consists of, and can rely on. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/server/server.h"
#include "tests/harness/trace_calls.h"

static int echo(struct connection *connection, struct call *call, const struct varlink_service *service) {
        const char *text;
        int r;

        (void)service;
        if ((r = call_string(call, "text", true, FRAME_MAX, &text)) < 0)
                return r;
        json_string(connection_reply(connection), "text", text);
        connection_send(connection, false);
        return 0;
}

/* The client's last call. */
static int last(struct connection *connection, struct call *call, const struct varlink_service *service) {
        int r = echo(connection, call, service);

        connection_finish(connection);
        return r;
}

/* Sends three replies, each after the one before it is sent. */
static bool count_next(struct connection *connection, void *data) {
        int *count = data;

        json_integer(connection_reply(connection), "count", ++*count);
        connection_send(connection, *count < 3);
        if (*count == 3)
                connection_stream_end(connection);
        return true;
}

static int streams_ended;

static void count_end(struct connection *connection, void *data) {
        (void)connection;
        free(data);
        streams_ended++;
}

static int count(struct connection *connection, struct call *call, const struct varlink_service *service) {
        (void)call, (void)service;
        connection_stream_begin(connection, (struct stream){ count_next, count_end, calloc(1, sizeof(int)) });
        return 0;
}

static int wait_for_ever(struct connection *connection, struct call *call, const struct varlink_service *service) {
        (void)call, (void)service;
        connection_stream_begin(connection, (struct stream){ .end = count_end });
        return 0;
}

static int too_much(struct connection *connection, struct call *call, const struct varlink_service *service) {
        struct json_writer *w = connection_reply(connection);

        (void)call, (void)service;
        for (int i = 0; i < REPLY_MAX; i++)
                json_integer(w, "i", i);
        connection_send(connection, false);
        return 0;
}

static const struct interface toy = {
        .name = "com.example.Toy",
        .description = "interface com.example.Toy\n",
        .methods = (const struct method[]){ { .name = "Echo", .serve = echo },
                                            { .name = "Last", .serve = last },
                                            { .name = "Count", .serve = count, .streams = true },
                                            { .name = "Wait", .serve = wait_for_ever },
                                            { .name = "TooMuch", .serve = too_much },
                                            { 0 } },
};
static const struct varlink_service service = { .product = "toy", .interface = &toy };

static sd_event *event;
static struct server *server;
static int listen_fd;
static char folder[] = "/tmp/auditfail-test-XXXXXX";
static struct sockaddr_un address = { .sun_family = AF_UNIX };

static void setup(void) {
        cr_assert_not_null(mkdtemp(folder));
        snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder);
        listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        cr_assert_eq(bind(listen_fd, (struct sockaddr *)&address, sizeof(address)), 0);
        cr_assert_eq(listen(listen_fd, 16), 0);
        cr_assert_geq(sd_event_new(&event), 0);
        cr_assert_eq(server_new(event, &service, 60, &server), 0);
        cr_assert_eq(server_listen(server, listen_fd), 0);
}

static void teardown(void) {
        server_free(server);
        sd_event_unref(event);
        close(listen_fd);
        unlink(address.sun_path);
        rmdir(folder);
}

TestSuite(server, .init = setup, .fini = teardown);

static int dial(void) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        return fd;
}

/* Sends TEXT with a NUL for each '|'. */
static void say(int fd, const char *text) {
        char bytes[4096];
        size_t length = strlen(text);

        memcpy(bytes, text, length);
        for (size_t i = 0; i < length; i++)
                if (bytes[i] == '|')
                        bytes[i] = '\0';
        cr_assert_eq(send(fd, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

/* Runs the loop until nothing is left to do. */
static void settle(void) {
        while (server_round(server, 10) > 0)
                ;
}

/* Returns what has come, with '|' for NUL, and '.' at the end if the server has closed the connection. */
static const char *hear(int fd) {
        static char heard[8192];
        ssize_t count, length = 0;

        /* Reading makes room for replies that the server keeps. */
        for (settle(); (count = recv(fd, heard + length, sizeof(heard) - 2 - (size_t)length, MSG_DONTWAIT)) > 0;
             settle())
                length += count;
        for (ssize_t i = 0; i < length; i++)
                if (heard[i] == '\0')
                        heard[i] = '|';
        strcpy(heard + length, count == 0 ? "." : "");
        return heard;
}

#define ECHO(text) "{\"method\":\"com.example.Toy.Echo\",\"parameters\":{\"text\":\"" text "\"}}|"
#define LAST(text) "{\"method\":\"com.example.Toy.Last\",\"parameters\":{\"text\":\"" text "\"}}|"
#define COUNT      "{\"method\":\"com.example.Toy.Count\",\"more\":true}|"
#define SAYS(text) "{\"parameters\":{\"text\":\"" text "\"}}|"

Test(server, answers_a_call) {
        int fd = dial();

        say(fd, ECHO("hello"));
        cr_expect_str_eq(hear(fd), SAYS("hello"));
        say(fd, ECHO("again"));
        cr_expect_str_eq(hear(fd), SAYS("again"));
        close(fd);
}

Test(server, a_call_may_come_in_pieces) {
        static const char text[] = ECHO("slow");
        int fd = dial();

        for (const char *c = text; c[1]; c++) {
                say(fd, (char[]){ *c, '\0' });
                cr_expect_str_eq(hear(fd), "");
        }
        say(fd, "|");
        cr_expect_str_eq(hear(fd), SAYS("slow"));
        close(fd);
}

Test(server, replies_come_in_the_order_of_calls_though_one_is_a_stream) {
        int fd = dial();

        say(fd, ECHO("a") COUNT ECHO("b"));
        cr_expect_str_eq(hear(fd), SAYS("a") "{\"parameters\":{\"count\":1},\"continues\":true}|"
                                             "{\"parameters\":{\"count\":2},\"continues\":true}|"
                                             "{\"parameters\":{\"count\":3}}|" SAYS("b"));
        cr_expect_eq(streams_ended, 1);
        close(fd);
}

Test(server, more_calls_than_one_turn_takes_are_all_answered) {
        int fd = dial();
        size_t replies = 0;

        for (int i = 0; i < 10 * CALLS_AT_ONCE; i++)
                say(fd, ECHO("x"));
        for (const char *c = hear(fd); *c; c++)
                replies += *c == '|';
        cr_expect_eq(replies, 10 * CALLS_AT_ONCE);
        close(fd);
}

Test(server, a_client_that_stops_sending_still_gets_its_replies) {
        int fd = dial();

        say(fd, ECHO("last words"));
        shutdown(fd, SHUT_WR);
        cr_expect_str_eq(hear(fd), SAYS("last words") ".");
        close(fd);
}

Test(server, the_last_call_ends_the_connection_after_its_reply) {
        int client = dial();

        say(client, ECHO("a") LAST("b") ECHO("c"));
        cr_expect_str_eq(hear(client), SAYS("a") SAYS("b") ".");
        close(client);
}

static void serve_round(void) {
        server_round(server, 10);
}

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED true /* makes system calls of its own */
#else
#define SANITIZED false
#endif

Test(server, one_call_with_its_connection_takes_six_system_calls, .disabled = SANITIZED) {
        static const long needed[] = {
                CALL_EPOLL_WAIT, SYS_accept4, SYS_getsockopt, SYS_recvfrom, SYS_sendto, SYS_close
        };
        const int count = sizeof(needed) / sizeof(needed[0]);
        int client = dial(), made;
        long calls[16];

        say(client, LAST("a"));
        made = trace_calls(serve_round, calls, 16);
        if (made < 0)
                cr_skip_test("no process may be traced here");
        cr_expect_eq(made, count);
        for (int i = 0; i < count; i++)
                cr_expect_eq(calls[i], needed[i], "call %d is %ld, not %ld", i, calls[i], needed[i]);
        close(client);
}

Test(server, oneway_calls_have_no_reply) {
        int fd = dial();

        say(fd, "{\"method\":\"com.example.Toy.Echo\",\"oneway\":true,\"parameters\":{\"text\":\"x\"}}|" ECHO("y"));
        cr_expect_str_eq(hear(fd), SAYS("y"));
        close(fd);
}

Test(server, names_what_is_wrong_with_a_call) {
        static const struct {
                const char *call, *reply;
        } table[] = {
                { "{\"method\":\"com.example.Toy.Echo\"}|",
                  "{\"error\":\"org.varlink.service.InvalidParameter\",\"parameters\":{\"parameter\":\"text\"}}|" },
                { "{\"method\":\"com.example.Toy.Nothing\"}|",
                  "{\"error\":\"org.varlink.service.MethodNotFound\",\"parameters\":{\"method\":\"com.example.Toy."
                  "Nothing\"}}|" },
                { "{\"method\":\"com.example.Toys.Echo\"}|", "{\"error\":\"org.varlink.service.InterfaceNotFound\","
                                                             "\"parameters\":{\"interface\":\"com.example.Toys\"}}|" },
                { "{\"method\":\"com.example.Toy.Count\"}|",
                  "{\"error\":\"org.varlink.service.ExpectedMore\",\"parameters\":{}}|" },
        };
        int fd = dial();

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                say(fd, table[i].call);
                cr_expect_str_eq(hear(fd), table[i].reply);
        }
        close(fd);
}

Test(server, garbage_ends_its_connection_and_no_other) {
        int bad = dial(), good = dial();

        say(good, "{\"method\":\"com.example.Toy.Echo\",");
        say(bad, "garbage|" ECHO("x"));
        cr_expect_str_eq(hear(bad), ".");
        say(good, "\"parameters\":{\"text\":\"still here\"}}|");
        cr_expect_str_eq(hear(good), SAYS("still here"));
        close(bad);
        close(good);
}

Test(server, a_reply_that_is_too_long_ends_the_connection) {
        int fd = dial();

        say(fd, "{\"method\":\"com.example.Toy.TooMuch\"}|");
        cr_expect_str_eq(hear(fd), ".");
        close(fd);
}

Test(server, a_stream_ends_with_its_connection) {
        struct server_figures figures;
        int fd = dial();

        say(fd, "{\"method\":\"com.example.Toy.Wait\"}|");
        cr_expect_str_eq(hear(fd), "");
        server_figures(server, &figures);
        cr_expect_eq(figures.connections, 1);
        close(fd);
        settle();
        server_figures(server, &figures);
        cr_expect_eq(figures.connections, 0);
        cr_expect_eq(figures.users, 0);
        cr_expect_eq(streams_ended, 1);
}

Test(server, no_calls_are_read_while_replies_stay_unread) {
        int fd = dial(), flags;
        size_t sent = 0;

        /* Until the server reads no more calls: the kernel's buffers both ways hold a bounded number. */
        flags = fcntl(fd, F_GETFL);
        cr_assert(flags & O_NONBLOCK);
        for (;;) {
                static const char call[] =
                        ECHO("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
                char bytes[sizeof(call)];

                memcpy(bytes, call, sizeof(call));
                bytes[sizeof(call) - 2] = '\0';
                if (send(fd, bytes, sizeof(call) - 1, MSG_NOSIGNAL) < 0)
                        break;
                sent++;
                if (sent % 64 == 0)
                        settle();
                cr_assert_lt(sent, 100000, "the server takes calls without end");
        }
        cr_expect_gt(sent, 0);
        close(fd);
        settle();
}

#define NOBODY 65534

/* Leaves the process no free descriptor. Returns the limit before. */
static struct rlimit use_up_descriptors(void) {
        struct rlimit before, none;
        int lowest_free = dup(listen_fd);

        cr_assert_geq(lowest_free, 0);
        close(lowest_free);
        cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
        none = (struct rlimit){ .rlim_cur = (rlim_t)lowest_free, .rlim_max = before.rlim_max };
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
        return before;
}

Test(server, without_descriptors_a_new_client_is_sent_away_at_once) {
        int busy = dial(), late;
        struct rlimit before;

        say(busy, "{\"method\":\"com.example.Toy.Wait\"}|");
        cr_expect_str_eq(hear(busy), "");
        late = dial();
        before = use_up_descriptors();
        cr_expect_str_eq(hear(late), ".", "it need not wait until its time limit");
        cr_expect_str_eq(hear(busy), "");
        setrlimit(RLIMIT_NOFILE, &before);
        close(busy);
        close(late);
}

Test(server, without_descriptors_a_connection_that_is_idle_is_closed) {
        int idle, late;
        struct rlimit before;

        if (getuid() != 0) {
                teardown();
                cr_skip("needs root, to connect as another user");
        }
        chmod(folder, 0755);
        chmod(address.sun_path, 0666);
        cr_assert_eq(seteuid(NOBODY), 0);
        idle = dial();
        cr_assert_eq(seteuid(0), 0);
        say(idle, ECHO("hello"));
        cr_expect_str_eq(hear(idle), SAYS("hello"));
        late = dial();
        say(late, ECHO("late"));
        before = use_up_descriptors();
        cr_expect_str_eq(hear(late), SAYS("late"));
        cr_expect_str_eq(hear(idle), ".");
        setrlimit(RLIMIT_NOFILE, &before);
        close(idle);
        close(late);
}

Test(server, without_any_descriptor_it_listens_again_after_a_while) {
        int late = dial();
        struct rlimit before, none;

        cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
        none = (struct rlimit){ .rlim_cur = 3, .rlim_max = before.rlim_max };
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
        say(late, ECHO("late"));
        cr_expect_str_eq(hear(late), "");
        setrlimit(RLIMIT_NOFILE, &before);
        for (int i = 0; i < 200 && server_round(server, 10) >= 0 && *hear(late) == '\0'; i++)
                ;
        say(late, ECHO("again"));
        cr_expect_str_eq(hear(late), SAYS("again"));
        close(late);
}

Test(server, what_is_no_socket_cannot_be_listened_on) {
        cr_expect_eq(server_listen(server, -1), -EBADF);
}
