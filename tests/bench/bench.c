/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bench/bench.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

uint64_t now_ns(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

struct sockaddr_un socket_address(const char *folder, const char *name) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", folder, name) >=
            sizeof(address.sun_path))
                errx(1, "%s/%s: too long for the address of a socket, choose a shorter TMPDIR", folder, name);
        return address;
}

static int socket_new(void) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0)
                err(1, "socket");
        return fd;
}

int socket_listen(const struct sockaddr_un *address) {
        int fd = socket_new();

        if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 || listen(fd, SOMAXCONN) < 0)
                err(1, "cannot listen on %s", address->sun_path);
        return fd;
}

int socket_connect(const struct sockaddr_un *address) {
        int fd = socket_new();

        if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
                err(1, "cannot connect to %s", address->sun_path);
        return fd;
}

void message_send(int fd, const struct message *message) {
        if (send(fd, message->bytes, message->length, MSG_NOSIGNAL) != (ssize_t)message->length)
                err(1, "cannot send %zu bytes", message->length);
}

int message_receive(int fd, struct message *message) {
        message->length = 0;
        for (;;) {
                ssize_t n = read(fd, message->bytes + message->length, sizeof(message->bytes) - message->length);

                if (n <= 0)
                        return -ECONNRESET;
                message->length += (size_t)n;
                if (message->bytes[message->length - 1] == '\0')
                        return 0;
                if (message->length == sizeof(message->bytes))
                        errx(1, "received a message of more than %zu bytes", message->length);
        }
}

void exchange(int fd, const struct message *request) {
        struct message reply;

        message_send(fd, request);
        if (message_receive(fd, &reply) < 0)
                errx(1, "no reply");
}

pid_t fork_bound(void) {
        pid_t parent = getpid();
        pid_t pid = fork();

        if (pid < 0)
                err(1, "fork");
        if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                if (getppid() != parent)
                        _exit(1);
        }
        return pid;
}
