/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Accepts connections and sees to it that each user has its turn.
 *
 * The connections are in an epoll set of the server's own, and the sd-event loop (signals, timers, reloads) is one more
 * descriptor in it: a call costs one epoll_wait() and nothing of sd-event's bookkeeping, and the server can choose whom
 * to serve next. It serves the users in turn, one connection of each, CALLS_AT_ONCE calls of that: a user with ten
 * thousand busy connections delays another user's call by one turn, not by ten thousand.
 */
#ifndef AUDITFAIL_SERVER_H
#define AUDITFAIL_SERVER_H

#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "daemon/server/connection.h"
#include "daemon/server/dispatch.h"

#define MESSAGE_TIMEOUT_SEC 5  /* from the first byte of a call to its last */
#define READING_TIMEOUT_SEC 10 /* since a byte of a reply was taken */
#define IDLE_TIMEOUT_SEC    60 /* between calls, unless told otherwise; not for root and the daemon's own user */

struct server;

struct server_figures {
        size_t connections, users;
        uint64_t refused; /* connections closed at once: over the user's share, or for want of descriptors or memory */
};

/*
 * Makes a server of SERVICE, whose pointers must outlive it, for as many connections as RLIMIT_NOFILE allows. Returns 0
 * or a negative errno.
 */
int server_new(sd_event *event, const struct varlink_service *service, unsigned idle_timeout_sec, struct server **ret);
struct server *server_free(struct server *server); /* closes every connection; returns NULL; NULL is fine */

/* Accepts connections on the listening socket FD from now on; the caller keeps it. Returns 0 or a negative errno. */
int server_listen(struct server *server, int fd);

/* Serves, and dispatches EVENT's sources, until sd_event_exit(). Returns its code, or a negative errno, logged. */
int server_run(struct server *server);

/* One round of that, which waits for LIMIT_MSEC at most. Returns whether there was anything to do, or a negative errno.
 */
int server_round(struct server *server, int limit_msec);

/* A method has added a timer to EVENT: sd-event arms a new timer only when it is asked to prepare
 * (sd_event_prepare(3)). */
void server_event_changed(struct server *server);

/* When the round that is being served began, in monotonic microseconds: time enough for whatever is no measurement. */
uint64_t server_now(const struct server *server);

void server_figures(const struct server *server, struct server_figures *ret);

/* Queues CONNECTION for its next turn: its stream has a reply to send. */
void server_wake(struct connection *connection);

#endif
