/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/server/sockets.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/common/log.h"
#include "protocol/cleanup.h"

int sockets_from_systemd(struct sockets *sockets) {
        int count = sd_listen_fds(1);

        if (count < 0) {
                log_line(LOG_ERR, "Cannot take the sockets that systemd passes: %s", strerror(-count));
                return count;
        }
        for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + count; fd++) {
                int r = sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0);

                if (r < 0) {
                        log_line(LOG_ERR, "Cannot examine descriptor %d that systemd passes: %s", fd, strerror(-r));
                        return r;
                }
                if (r == 0) {
                        log_line(LOG_ERR,
                                 "Descriptor %d is not a listening AF_UNIX stream socket: set ListenStream= to a path",
                                 fd);
                        return -EINVAL;
                }
                if (sockets->count == SOCKETS_MAX) {
                        log_line(LOG_ERR, "Cannot listen on more than %d sockets: remove a ListenStream=", SOCKETS_MAX);
                        return -E2BIG;
                }
                sockets->fds[sockets->count++] = fd;
        }
        return 0;
}

/* Whether no process listens on the socket. connect() fails in the same way for a file that is not a socket. */
static bool abandoned(const struct sockaddr_un *address) {
        cleanup(cleanup_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        struct stat st;

        return fd >= 0 && lstat(address->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) &&
               connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 && errno == ECONNREFUSED;
}

static int listen_at(const struct sockaddr_un *address) {
        cleanup(cleanup_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        const struct sockaddr *a = (const struct sockaddr *)address;
        mode_t mask;
        int r;

        if (fd < 0)
                return -errno;
        mask = umask(0111); /* connect(2) takes write permission: all users have it */
        r = bind(fd, a, sizeof(*address)) < 0 ? -errno : 0;
        if (r == -EADDRINUSE && abandoned(address))
                r = unlink(address->sun_path) < 0 || bind(fd, a, sizeof(*address)) < 0 ? -errno : 0;
        umask(mask);
        if (r < 0)
                return r;
        if (listen(fd, SOMAXCONN) < 0)
                return -errno;
        return TAKE_FD(fd);
}

int sockets_listen(struct sockets *sockets, const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd;

        if (sockets->count == SOCKETS_MAX) {
                log_line(LOG_ERR, "Cannot listen on more than %d sockets: remove a --listen", SOCKETS_MAX);
                return -E2BIG;
        }
        if (strlen(path) >= sizeof(address.sun_path)) {
                log_line(LOG_ERR, "Cannot listen on %s: a socket's path has at most %zu bytes", path,
                         sizeof(address.sun_path) - 1);
                return -ENAMETOOLONG;
        }
        memcpy(address.sun_path, path, strlen(path));
        fd = listen_at(&address);
        if (fd < 0) {
                log_line(LOG_ERR, "Cannot listen on %s: %s%s", path, strerror(-fd),
                         fd == -EADDRINUSE ? " (another daemon listens there, or the file is not a socket)" : "");
                return fd;
        }
        sockets->fds[sockets->count] = fd;
        sockets->paths[sockets->count++] = path;
        return 0;
}

void sockets_close(struct sockets *sockets) {
        for (size_t i = 0; i < sockets->count; i++) {
                if (sockets->paths[i] && unlink(sockets->paths[i]) < 0)
                        log_line(LOG_WARNING, "Cannot remove the socket %s: %m", sockets->paths[i]);
                close(sockets->fds[i]);
        }
        sockets->count = 0;
}
