/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/libauditfail/exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "client/libauditfail/root.h"
#include "protocol/cleanup.h"
#include "protocol/clock.h"

#define USEC_PER_SEC 1000000

/* Microseconds. The time counts from the first call of time_left(): nothing waits before that. */
struct limit {
        int64_t allowed;
        int64_t deadline; /* 0: not known yet */
};

/* The microseconds that are left, at least 1, or -ETIMEDOUT. */
static int64_t time_left(struct limit *limit) {
        int64_t now = (int64_t)monotonic_usec();

        if (limit->deadline == 0)
                limit->deadline = now + limit->allowed;
        return limit->deadline > now ? limit->deadline - now : -ETIMEDOUT;
}

/*
 * A program that runs without standard streams would write its output into a connection with their descriptors. So the
 * socket gets another descriptor before it is connected.
 */
static int socket_above_stdio(void) {
        cleanup(cleanup_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        if (fd > STDERR_FILENO)
                return TAKE_FD(fd);
        if (fd < 0)
                return -errno;

        int moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        return moved < 0 ? -errno : moved;
}

/*
 * Connects FD, whose backlog is full: poll() cannot wait for room, but a blocking connect() does, and SO_SNDTIMEO
 * limits it. The kernel counts the limit in ticks. After a suspend, it may end the wait (EAGAIN) a few ticks early.
 * Then there is time left, and the loop waits again.
 */
static int connect_blocking(int fd, const struct sockaddr_un *address, struct limit *limit) {
        if (fcntl(fd, F_SETFL, 0) < 0)
                return -errno;
        for (int64_t left; (left = time_left(limit)) > 0;) {
                struct timeval timeout = { .tv_sec = left / USEC_PER_SEC, .tv_usec = left % USEC_PER_SEC };

                if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
                        return -errno;
                if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
                        return 0;
                if (errno != EINTR && errno != EAGAIN)
                        return -errno;
        }
        return -ETIMEDOUT;
}

static int connect_until(int fd, const struct sockaddr_un *address, struct limit *limit) {
        if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
                return 0;
        return errno == EAGAIN || errno == EINTR ? connect_blocking(fd, address, limit) : -errno;
}

/* A new connection has room for one request, so there is no need to wait. */
static int send_all(int fd, const char *message, size_t length) {
        ssize_t sent = send(fd, message, length, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0)
                return -errno;
        return (size_t)sent == length ? 0 : -ENOBUFS;
}

static int receive_until(int fd, char *reply, size_t size, struct limit *limit) {
        struct pollfd readable = { .fd = fd, .events = POLLIN };

        for (size_t received = 0; received < size;) {
                int64_t left = time_left(limit);
                if (left < 0)
                        return (int)left;
                ssize_t bytes = poll(&readable, 1, (int)(left / 1000) + 1);
                if (bytes > 0)
                        bytes = recv(fd, reply + received, size - received, MSG_DONTWAIT);
                else if (bytes == 0)
                        continue; /* to find that the time is over */
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
 * Connects to the socket in FOLDER. If the last call found no socket there, checks that with access() first: a socket()
 * costs more than the whole answer from the snapshot. MISSING is only a hint, which any thread may overwrite.
 */
static int connect_to(const char *folder, struct limit *limit) {
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
        int r = connect_until(fd, &address, limit);
        missing = r == -ENOENT;
        return r < 0 ? r : TAKE_FD(fd);
}

int exchange(const char *folder, unsigned timeout_ms, char *message, size_t length, size_t size) {
        if (root_is_other())
                return -ENOENT;

        struct limit limit = { .allowed = timeout_ms * (int64_t)1000 };
        cleanup(cleanup_fd) int fd = connect_to(folder, &limit);

        if (fd < 0)
                return fd;
        int r = send_all(fd, message, length);
        return r < 0 ? r : receive_until(fd, message, size, &limit);
}
