/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sockets that the daemon listens on: those that systemd hands over, and those that --listen asks for. */
#ifndef AUDITFAIL_SOCKETS_H
#define AUDITFAIL_SOCKETS_H

#include <stddef.h>

#define SOCKETS_MAX 16

struct sockets {
        int fds[SOCKETS_MAX];
        const char *paths[SOCKETS_MAX]; /* of those that are ours to remove; NULL for systemd's */
        size_t count;
};

/* Takes over what systemd passed (sd_listen_fds(3)). Returns 0 or a negative errno; what is wrong is logged. */
int sockets_from_systemd(struct sockets *sockets);

/*
 * Listens on PATH, which everybody may connect to. A socket that a daemon left there when it died is replaced; one that
 * somebody listens on is not. PATH must outlive SOCKETS. Returns 0 or a negative errno; what is wrong is logged.
 */
int sockets_listen(struct sockets *sockets, const char *path);

/* Closes all and removes ours. */
void sockets_close(struct sockets *sockets);

#endif
