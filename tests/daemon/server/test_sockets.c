/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/server/sockets.h"
#include "tests/daemon/common/shortage.h"
#include "tests/harness/catch_stderr.h"
#include "tests/harness/parameterized.h"

static char folder[] = "/tmp/auditfail-sockets-XXXXXX";
static struct sockaddr_un address = { .sun_family = AF_UNIX };
static struct sockets sockets;

static void make_folder(void) {
        cr_assert_not_null(mkdtemp(folder));
        snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder);
}

static void remove_folder(void) {
        unlinkat(AT_FDCWD, address.sun_path, 0); /* a test may have made unlink() fail */
        rmdir(folder);
}

TestSuite(sockets, .init = make_folder, .fini = remove_folder);

/* Returns a socket bound to the address; with a BACKLOG of 0 or more, it listens. */
static int bound(int backlog) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        if (backlog >= 0)
                cr_assert_eq(listen(fd, backlog), 0);
        return fd;
}

static void abandoned_socket(void) {
        close(bound(0));
}

static void listening_socket(void) {
        bound(8);
}

static void full_listening_socket(void) {
        int client, r;

        bound(0);
        do {
                client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
                r = connect(client, (struct sockaddr *)&address, sizeof(address));
        } while (r == 0);
        cr_assert_eq(errno, EAGAIN);
        close(client);
}

static void regular_file(void) {
        close(open(address.sun_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

static void nothing(void) {
}

/* What is at the path, the call that the kernel refuses with EACCES (0: none), and the result of sockets_listen(). */
struct at_path {
        int what;
        long refused;
        int result;
};

static void (*const makers[])(void) = { nothing, abandoned_socket, listening_socket, full_listening_socket,
                                        regular_file };
enum { NOTHING, ABANDONED, LISTENING, FULL, REGULAR };

ParameterizedTestParameters(sockets, only_an_abandoned_socket_is_replaced) {
        static struct at_path rows[] = {
                { NOTHING, 0, 0 },
                { ABANDONED, 0, 0 },
                { LISTENING, 0, -EADDRINUSE },
                { FULL, 0, -EADDRINUSE },
                { REGULAR, 0, -EADDRINUSE },
                { NOTHING, SYS_bind, -EACCES },
                { NOTHING, SYS_listen, -EACCES },
                { NOTHING, SYS_socket, -EACCES },
#ifdef SYS_unlink /* elsewhere, unlink() is another call */
                { ABANDONED, SYS_unlink, -EACCES },
#endif
                { ABANDONED, SYS_connect, -EADDRINUSE },
        };

        return cr_make_param_array(struct at_path, rows, sizeof(rows) / sizeof(*rows));
}

ParameterizedTest(struct at_path *row, sockets, only_an_abandoned_socket_is_replaced) {
        struct stat before = { 0 }, after = { 0 };
        int r;

        makers[row->what]();
        lstat(address.sun_path, &before);
        if (row->refused)
                refuse_call(row->refused, ANY_ARGUMENT, 0, EACCES);
        r = sockets_listen(&sockets, address.sun_path);
        cr_expect(r == row->result, "%d, not %d", r, row->result);
        cr_expect_eq(sockets.count, r == 0 ? 1 : 0);
        lstat(address.sun_path, &after);
        if (row->what != NOTHING && r < 0)
                cr_expect_eq(after.st_ino, before.st_ino, "what was there stays");
        if (r == 0)
                cr_expect_eq(after.st_mode, S_IFSOCK | 0666);
        sockets_close(&sockets);
}

Test(sockets, there_are_at_most_as_many_as_there_is_room_for) {
        char text[256];
        int said = catch_stderr();

        sockets.count = SOCKETS_MAX;
        cr_expect_eq(sockets_listen(&sockets, address.sun_path), -E2BIG);
        cr_expect_eq(sockets.count, SOCKETS_MAX);
        cr_expect_eq(access(address.sun_path, F_OK), -1);
        read_all(said, text, sizeof(text));
        cr_expect_not_null(strstr(text, "Cannot listen on more than 16 sockets: remove a"), "%s", text);
}

/* Takes what systemd would pass: LISTEN_FDS=COUNT, and FD as the first descriptor. */
static int take_passed(const char *count, int fd) {
        int saved = fcntl(SD_LISTEN_FDS_START, F_DUPFD_CLOEXEC, 10), r;
        char pid[16];

        snprintf(pid, sizeof(pid), "%d", getpid());
        setenv("LISTEN_PID", pid, 1);
        setenv("LISTEN_FDS", count, 1);
        dup2(fd, SD_LISTEN_FDS_START);
        r = sockets_from_systemd(&sockets);
        if (saved >= 0)
                dup2(saved, SD_LISTEN_FDS_START);
        return r;
}

struct passed {
        char count[8];
        int backlog;
        size_t before;
        int result;
        char said[48];
};

ParameterizedTestParameters(sockets, what_systemd_passes_is_a_listening_socket_or_an_error) {
        static struct passed rows[] = {
                { "1", 8, 0, 0, "" },
                { "many", 8, 0, -EINVAL, "Cannot take the sockets that systemd passes" },
                { "1", -1, 0, -EINVAL, "Descriptor 3 is not a listening" },
                { "1", 8, SOCKETS_MAX, -E2BIG, "Cannot listen on more than 16 sockets: remove a" },
        };

        return cr_make_param_array(struct passed, rows, sizeof(rows) / sizeof(*rows));
}

ParameterizedTest(struct passed *row, sockets, what_systemd_passes_is_a_listening_socket_or_an_error) {
        bool taken = row->result == 0;
        int said = catch_stderr(), r;
        char text[256];

        sockets.count = row->before;
        r = take_passed(row->count, bound(row->backlog));
        read_all(said, text, sizeof(text));
        cr_expect_eq(r, row->result, "%d, not %d", r, row->result);
        cr_expect_eq(sockets.count, row->before + (taken ? 1 : 0));
        cr_expect_not_null(strstr(text, row->said), "%s", text);
        if (taken)
                cr_expect_eq(sockets.fds[0], SD_LISTEN_FDS_START);
}
