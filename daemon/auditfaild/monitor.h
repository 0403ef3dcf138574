/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * io.auditfail.Policy.Monitor: reports decisions and reloads to its callers as they happen.
 *
 * One ring holds the last events for all monitors. Each monitor has a position in the ring, and sends its next event
 * when its connection has its turn. The ring overwrites the events of a monitor that is too slow, and the monitor's
 * next reply says how many it lost. So a decision only wakes the monitors, and a slow one takes no more memory.
 */
#ifndef AUDITFAIL_MONITOR_H
#define AUDITFAIL_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "daemon/auditfaild/report_decision.h"
#include "daemon/server/connection.h"

#define MONITOR_EVENTS 256
#define MONITORS_MAX   128 /* of all users other than root together; each user has USER_MONITORS_MAX */

struct monitor;
struct monitor_event;

struct monitors {
        LIST_HEAD(, monitor) list;
        size_t count, count_not_root; /* of all monitors, and of those of users other than root */
        struct monitor_event *ring;   /* MONITOR_EVENTS events; NULL before the first monitor comes */
        uint64_t next;                /* number of the next event; event N is in ring[N % MONITOR_EVENTS] */
        uid_t uid;                    /* the daemon's: it sees the decisions for all users, as root does */
};

struct monitor_reload {
        bool ok, changed;
        size_t applications, problems;
};

/*
 * Starts a monitor on CONNECTION; GENERATION is the policy's now. Returns 0, -EDQUOT if the user's limit or the limit
 * of all users is reached, or -ENOMEM.
 */
int monitors_add(struct monitors *monitors, struct connection *connection, uint64_t generation);

/* Sends an event, under the policy of GENERATION, to all monitors that may see it. */
void monitors_decision(struct monitors *monitors, uint64_t generation, const struct decision *decision);
void monitors_reload(struct monitors *monitors, uint64_t generation, const struct monitor_reload *reload);

/* Frees the ring. No connection may be left. */
void monitors_clear(struct monitors *monitors);

#endif
