/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What each uid uses of the daemon, with limits, so that no user can take what the others need.
 *
 * Connections: a user may hold as many as are free for the others. The first user that takes all it can gets half, the
 * second a quarter, and there is always room for one more user. Bytes (received parts of calls, unread replies) and
 * monitors have a fixed limit for each user. Root's only limit is the number of connections: root can harm the daemon
 * in simpler ways.
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

        /* For the server: connections that are ready, and this user's place among the users that have such. */
        TAILQ_HEAD(, connection) ready;
        TAILQ_ENTRY(user) in_turn;
};

struct users {
        LIST_HEAD(, user) buckets[256];
        size_t count;
        size_t connections, connections_max;
};

void users_init(struct users *users, size_t connections_max);

/* Counts a new connection of UID. Returns the user, or NULL with errno EDQUOT (limit reached) or ENOMEM. */
struct user *user_connect(struct users *users, uid_t uid);

/* Counts a closed connection. Frees USER with its last one. */
void user_disconnect(struct users *users, struct user *user);

/* Whether the user holds less than half of its bytes. */
bool user_has_room(const struct user *user);

/* Charges the user with BYTES. Returns false, and charges nothing, if that exceeds its limit. */
bool user_take_bytes(struct user *user, size_t bytes);
void user_give_bytes(struct user *user, size_t bytes);

bool user_take_monitor(struct user *user);
void user_give_monitor(struct user *user);

#endif
