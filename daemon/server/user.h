/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What each uid holds of the daemon, so that none can take what the others need.
 *
 * Connections: a uid may hold as many as are free for everybody else. The first that takes all it can get has half, the
 * second a quarter, and there is always room for one more uid. Bytes (calls half sent, replies not read) and monitors
 * have a fixed limit for each uid. Root has no limit but the number of connections there are: what it could do to a
 * daemon by asking it too much, it can do in simpler ways.
 */
#ifndef AUDITFAIL_USER_H
#define AUDITFAIL_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include <sys/types.h>

#define USER_BYTES_MAX    (1024 * 1024)
#define USER_MONITORS_MAX 16

struct connection;

struct user {
        uid_t uid;
        size_t connections, bytes, monitors;
        LIST_ENTRY(user) in_bucket;

        /* The server's: connections with something to do, and this user's place among the users that have such. */
        TAILQ_HEAD(, connection) ready;
        TAILQ_ENTRY(user) in_turn;
};

struct users {
        LIST_HEAD(, user) buckets[256];
        size_t count;
        size_t connections, connections_max;
};

void users_init(struct users *users, size_t connections_max);

/* A connection more for UID. Returns the user, or NULL with errno EDQUOT (it has its share) or ENOMEM. */
struct user *user_connect(struct users *users, uid_t uid);

/* A connection less. Frees USER with its last one. */
void user_disconnect(struct users *users, struct user *user);

/* Whether less than half of what the user may have is taken: time to be generous. */
bool user_has_room(const struct user *user);

/* BYTES more, if the user may. */
bool user_take_bytes(struct user *user, size_t bytes);
void user_give_bytes(struct user *user, size_t bytes);

bool user_take_monitor(struct user *user);
void user_give_monitor(struct user *user);

#endif
