/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Accepts connections and gives each user its turn.
 *
 * The server has its own epoll set. It holds the connections and, as one more descriptor, the sd-event loop
 * (signals, timers, reloads). So a call costs one epoll_wait() and none of sd-event's bookkeeping, and the server
 * chooses the next connection: it serves the users in turn, one connection of each, CALLS_AT_ONCE calls of that
 * connection. A user with ten thousand busy connections delays another user by one turn, not by ten thousand.
 */
#ifndef AUDITFAIL_SERVER_H
#define AUDITFAIL_SERVER_H

#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "daemon/server/connection.h"
#include "daemon/server/dispatch.h"

#define MESSAGE_TIMEOUT_SEC 5  /* from the first byte of a call to its last */
#define READING_TIMEOUT_SEC 10 /* since the client last read from its replies */
#define IDLE_TIMEOUT_SEC    60 /* default, between calls; not for root and the daemon's own user */

struct server;

struct server_figures {
        size_t connections, users;
        uint64_t closed_usec; /* when the last connection was closed, on the monotonic clock; 0: none was */
        uint64_t refused; /* connections closed because of the user's limit, or because descriptors or memory ran out */
};

/*
 * Makes a server of SERVICE, whose pointers must outlive it, for as many connections as RLIMIT_NOFILE allows. Returns 0
 * or a negative errno.
 */
int server_new(sd_event *event, const struct varlink_service *service, unsigned idle_timeout_sec, struct server **ret);
struct server *server_free(struct server *server); /* closes every connection; returns NULL; NULL is fine */

/* Accepts connections on the listening socket FD, which stays the caller's. Returns 0 or a negative errno. */
int server_listen(struct server *server, int fd);

/* Serves, and dispatches EVENT's sources, until sd_event_exit(). Returns its code, or a negative errno, logged. */
int server_run(struct server *server);

/* One iteration of that loop, waiting at most LIMIT_MSEC. Returns whether there was work, or a negative errno. */
int server_round(struct server *server, int limit_msec);

/*
 * Must be called after a method or a hook has added a timer or a bus to EVENT: only sd_event_prepare(3) arms the timer
 * and watches the bus. Without the call, both wait until another source of EVENT is ready.
 */
void server_event_changed(struct server *server);

/* The time of this loop iteration, in monotonic microseconds. Precise enough except for benchmarks. */
uint64_t server_now(const struct server *server);

void server_figures(const struct server *server, struct server_figures *ret);

/* Queues CONNECTION for its next turn: its stream has a reply to send. */
void server_wake(struct connection *connection);

#endif
