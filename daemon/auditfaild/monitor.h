/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * io.auditfail.Policy.Monitor: decisions and reloads, told to whoever watches.
 *
 * Events wait in one ring for all monitors. Each monitor has its place in it and is told what it has not been told yet
 * when its turn comes and it reads; one that is too slow finds that the ring has gone on without it, and is told how
 * much it lost. So a monitor costs a decision nothing but the wake-up, and a slow one costs no memory.
 */
#ifndef AUDITFAIL_MONITOR_H
#define AUDITFAIL_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "daemon/auditfaild/report.h"
#include "daemon/server/connection.h"

#define MONITOR_EVENTS 256
#define MONITORS_MAX   128 /* of all users but root together; each has USER_MONITORS_MAX */

struct daemon;
struct monitor;
struct monitor_event;

struct monitors {
        LIST_HEAD(, monitor) list;
        size_t count, strangers;    /* all, and those of users other than root */
        struct monitor_event *ring; /* MONITOR_EVENTS of them; NULL before the first monitor comes */
        uint64_t next;              /* number of the next event; event N is in ring[N % MONITOR_EVENTS] */
};

/* CONNECTION is told events from now on. Returns 0, -EDQUOT when its user has its share, or -ENOMEM. */
int monitors_add(struct daemon *daemon, struct connection *connection);

/* Something happened. Without monitors this does nothing. */
void monitors_decision(struct daemon *daemon, const struct decision *decision);
void monitors_reload(struct daemon *daemon, bool ok, bool changed);

/* Frees the ring, when no connection is left. */
void monitors_clear(struct monitors *monitors);

#endif
