/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a daemon does when it cannot start. */
#include <criterion/criterion.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/server/start.h"
#include "tests/daemon/common/shortage.h"
#include "tests/harness/catch_stderr.h"
#include "tests/harness/parameterized.h"

static unsigned seconds;
static const struct program program = {
        .name = "program",
        .help = "",
        .options = { { .name = "seconds", .seconds = &seconds, .minimum = 1 } },
};

struct number {
        char text[24];
        unsigned value; /* 0: refused */
};

ParameterizedTestParameters(start, a_number_of_seconds_has_limits) {
        static struct number rows[] = {
                { "1", 1 }, { "86400", 86400 }, { "0", 0 },  { "86401", 0 },
                { "", 0 },  { "-5", 0 },        { "5s", 0 }, { "99999999999999999999999", 0 },
                { "s", 0 }, { "-", 0 },
        };

        return cr_make_param_array(struct number, rows, sizeof(rows) / sizeof(*rows));
}

ParameterizedTest(struct number *row, start, a_number_of_seconds_has_limits) {
        char name[] = "program", option[] = "--seconds", *arguments[] = { name, option, row->text, NULL }, text[256];
        int said = catch_stderr();
        struct start start;

        optind = 0;
        cr_expect_eq(start_options(&program, 3, arguments, &start), row->value ? -1 : EXIT_USAGE);
        cr_expect_eq(seconds, row->value);
        read_all(said, text, sizeof(text));
        if (!row->value)
                cr_expect_not_null(strstr(text, "not a number of seconds from 1 to 86400: "), "%s", text);
}

Test(start, more_sockets_than_there_is_room_for_are_a_usage_error) {
        char name[] = "program", option[] = "--listen=/x", *arguments[SOCKETS_MAX + 3] = { name }, text[256];
        int said = catch_stderr();
        struct start start;

        for (int i = 1; i <= SOCKETS_MAX + 1; i++)
                arguments[i] = option;
        optind = 0;
        cr_expect_eq(start_options(&program, SOCKETS_MAX + 1, arguments, &start), -1);
        optind = 0;
        cr_expect_eq(start_options(&program, SOCKETS_MAX + 2, arguments, &start), EXIT_USAGE);
        read_all(said, text, sizeof(text));
        cr_expect_not_null(strstr(text, "too many sockets: /x"), "%s", text);
}

static sd_event *event;
static const struct varlink_service service = { .interface = &(const struct interface){ 0 } };

static void make_event(void) {
        cr_assert_geq(start_event_loop(&event), 0);
}

static void free_event(void) {
        sd_event_unref(event);
}

/* Returns the result of start_server() with COUNT times the socket FD. */
static int start_with(int fd, size_t count, char *text, size_t size) {
        struct sockets sockets = { .count = count };
        struct server *server = NULL;
        int said = catch_stderr(), r;

        for (size_t i = 0; i < count; i++)
                sockets.fds[i] = i == 0 ? fd : dup(fd);
        r = start_server(event, &service, 60, &sockets, &server);
        read_all(said, text, size);
        server_free(server);
        return r;
}

Test(start, a_descriptor_that_cannot_be_watched_is_an_error, .init = make_event, .fini = free_event) {
        int file = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
        char text[256];

        cr_expect_eq(start_with(-1, 1, text, sizeof(text)), -EBADF);
        cr_expect_not_null(strstr(text, "Cannot start the server: Bad file descriptor"), "%s", text);
        cr_expect_eq(start_with(file, 1, text, sizeof(text)), -EPERM);
        close(file);
}

Test(start, a_server_has_as_many_listeners_as_there_is_room_for, .init = make_event, .fini = free_event) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct server *server;

        cr_assert_eq(server_new(event, &service, 60, &server), 0);
        for (int i = 0; i < SOCKETS_MAX; i++)
                cr_assert_eq(server_listen(server, dup(fd)), 0);
        cr_expect_eq(server_listen(server, fd), -E2BIG);
        server_free(server);
}

struct refused {
        long call;
        int result;
};

ParameterizedTestParameters(start, a_refused_system_call_is_an_error) {
        static struct refused rows[] = {
                { SYS_epoll_create1, -EACCES },
                { SYS_epoll_ctl, -EACCES },
                { SYS_openat, -EACCES },
        };

        return cr_make_param_array(struct refused, rows, sizeof(rows) / sizeof(*rows));
}

ParameterizedTest(struct refused *row, start, a_refused_system_call_is_an_error, .init = make_event,
                  .fini = free_event) {
        char text[256];

        sd_event_get_fd(event);
        /* The counters of the coverage are opened for writing. */
        if (row->call == SYS_openat)
                refuse_call(row->call, 2, O_RDONLY | O_CLOEXEC, EACCES);
        else
                refuse_call(row->call, ANY_ARGUMENT, 0, EACCES);
        cr_expect_eq(start_with(-1, 0, text, sizeof(text)), row->result);
        cr_expect_not_null(strstr(text, "Cannot start the server: Permission denied"), "%s", text);
}

Test(start, without_memory_there_is_no_server_and_no_user, .init = make_event, .fini = free_event) {
        struct server *server = NULL;
        struct users users;
        struct user *user;
        int r, cause;

        users_init(&users, 10);
        take_memory();
        r = server_new(event, &service, 60, &server);
        user = user_connect(&users, 1);
        cause = errno;
        give_memory();
        cr_expect_eq(r, -ENOMEM);
        cr_expect_null(user);
        cr_expect_eq(cause, ENOMEM);
        cr_expect_eq(users.connections, 0);
        cr_expect_not_null(user = user_connect(&users, 1), "with memory, the same user may connect");
        user_disconnect(&users, user);
}
