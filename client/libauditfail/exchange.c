/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/libauditfail/exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#include "client/libauditfail/root.h"
#include "protocol/cleanup.h"

#define USEC_PER_SEC 1000000

static int64_t now_usec(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * (int64_t)USEC_PER_SEC + now.tv_nsec / 1000;
}

/*
 * The next call on FD waits no longer than until DEADLINE. OPTION is SO_SNDTIMEO, which bounds connect() too, even on a
 * full backlog, where a non-blocking connect() and poll() would not wait at all; or SO_RCVTIMEO.
 *
 * The kernel counts such a limit in its ticks, and may end the wait (EAGAIN) a few of them early where the machine
 * stood still: then there is something left, and the caller waits again.
 */
static int limit_until(int fd, int option, int64_t deadline) {
        int64_t left = deadline - now_usec();

        if (left <= 0) /* for the kernel, 0 means no limit */
                return -ETIMEDOUT;

        struct timeval limit = { .tv_sec = left / USEC_PER_SEC, .tv_usec = left % USEC_PER_SEC };
        return setsockopt(fd, SOL_SOCKET, option, &limit, sizeof(limit)) < 0 ? -errno : 0;
}

/*
 * A program that runs with its standard streams closed would write its output into a connection that took their place.
 * So it must not, and must not have been connected while it did.
 */
static int socket_above_stdio(void) {
        cleanup(cleanup_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd > STDERR_FILENO)
                return TAKE_FD(fd);
        if (fd < 0)
                return -errno;

        int moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        return moved < 0 ? -errno : moved;
}

static int connect_until(int fd, const struct sockaddr_un *address, int64_t deadline) {
        for (;;) {
                int r = limit_until(fd, SO_SNDTIMEO, deadline);
                if (r < 0)
                        return r;
                if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
                        return 0;
                if (errno != EINTR && errno != EAGAIN)
                        return -errno;
        }
}

/* A connection that nothing was sent on yet has room for a request, whether or not anybody reads it: no need to wait.
 */
static int send_all(int fd, const char *message, size_t length) {
        ssize_t sent = send(fd, message, length, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0)
                return -errno;
        return (size_t)sent == length ? 0 : -ENOBUFS;
}

static int receive_until(int fd, char *reply, size_t size, int64_t deadline) {
        for (size_t received = 0; received < size;) {
                int r = limit_until(fd, SO_RCVTIMEO, deadline);
                if (r < 0)
                        return r;

                ssize_t bytes = recv(fd, reply + received, size - received, 0);
                if (bytes < 0 && (errno == EINTR || errno == EAGAIN))
                        continue;
                if (bytes < 0)
                        return -errno;
                if (bytes == 0)
                        return -ECONNRESET;

                const char *end = memchr(reply + received, '\0', (size_t)bytes);
                if (end)
                        return (int)(end - reply);
                received += (size_t)bytes;
        }
        return -EBADMSG;
}

/*
 * A connection to the socket in FOLDER. Whether the last call found that nothing is there is remembered: a socket of
 * our own costs more than all the rest of the way to the snapshot's answer, so the next call looks before it makes one.
 * Only a hint: any thread may overwrite it.
 */
static int connect_to(const char *folder, int64_t deadline) {
        static atomic_bool missing;
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        if (strlen(folder) > EXCHANGE_FOLDER_MAX)
                return -ENAMETOOLONG;
        strcpy(stpcpy(address.sun_path, folder), "/" POLICY_INTERFACE);
        if (missing && access(address.sun_path, F_OK) < 0)
                return -errno;

        cleanup(cleanup_fd) int fd = socket_above_stdio();
        if (fd < 0)
                return fd;
        int r = connect_until(fd, &address, deadline);
        missing = r == -ENOENT;
        return r < 0 ? r : TAKE_FD(fd);
}

int exchange(const char *folder, unsigned timeout_ms, char *message, size_t length, size_t size) {
        if (root_is_other())
                return -ENOENT;

        int64_t deadline = now_usec() + timeout_ms * (int64_t)1000;
        cleanup(cleanup_fd) int fd = connect_to(folder, deadline);

        if (fd < 0)
                return fd;
        int r = send_all(fd, message, length);
        if (r < 0)
                return r;
        /* There is no second question: the daemon need not wait for one, and closes when it has answered. */
        shutdown(fd, SHUT_WR);
        return receive_until(fd, message, size, deadline);
}
