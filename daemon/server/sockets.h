/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sockets that the daemon listens on: those that systemd passes, and those of --listen. */
#ifndef AUDITFAIL_SOCKETS_H
#define AUDITFAIL_SOCKETS_H

#include <stddef.h>

#define SOCKETS_MAX 16

struct sockets {
        int fds[SOCKETS_MAX];
        const char *paths[SOCKETS_MAX]; /* to unlink at the end; NULL for systemd's sockets */
        size_t count;
};

/* Adds the sockets that systemd passes (sd_listen_fds(3)). Returns 0 or a negative errno, logged. */
int sockets_from_systemd(struct sockets *sockets);

/*
 * Adds a socket at PATH, open to all users. Replaces a socket that no process listens on any more, and no other file.
 * PATH must outlive SOCKETS. Returns 0 or a negative errno, logged.
 */
int sockets_listen(struct sockets *sockets, const char *path);

/* Closes all sockets and unlinks those of sockets_listen(). */
void sockets_close(struct sockets *sockets);

#endif
