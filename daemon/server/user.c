/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/server/user.h"

#include <errno.h>
#include <stdlib.h>

void users_init(struct users *users, size_t connections_max) {
        *users = (struct users){ .connections_max = connections_max };
}

static struct user *user_find(struct users *users, uid_t uid) {
        struct user *user;

        LIST_FOREACH(user, &users->buckets[uid % 256], in_bucket)
        if (user->uid == uid)
                return user;
        return NULL;
}

static struct user *user_new(struct users *users, uid_t uid) {
        struct user *user = malloc(sizeof(*user));

        if (!user)
                return NULL;
        *user = (struct user){ .uid = uid };
        TAILQ_INIT(&user->ready);
        LIST_INSERT_HEAD(&users->buckets[uid % 256], user, in_bucket);
        users->count++;
        return user;
}

struct user *user_connect(struct users *users, uid_t uid) {
        struct user *user = user_find(users, uid);
        size_t held = user ? user->connections : 0, free_for_all = users->connections_max - users->connections;

        if (free_for_all == 0 || (uid != 0 && held >= free_for_all)) {
                errno = EDQUOT;
                return NULL;
        }
        if (!user && !(user = user_new(users, uid)))
                return NULL;
        user->connections++;
        users->connections++;
        return user;
}

void user_disconnect(struct users *users, struct user *user) {
        users->connections--;
        if (--user->connections > 0)
                return;
        LIST_REMOVE(user, in_bucket);
        users->count--;
        free(user);
}

bool user_has_room(const struct user *user) {
        return user->uid == 0 || user->bytes < USER_BYTES_MAX / 2;
}

bool user_take_bytes(struct user *user, size_t bytes) {
        if (user->uid != 0 && bytes > USER_BYTES_MAX - user->bytes)
                return false;
        user->bytes += bytes;
        return true;
}

void user_give_bytes(struct user *user, size_t bytes) {
        user->bytes -= bytes;
}

bool user_take_monitor(struct user *user) {
        if (user->uid != 0 && user->monitors >= USER_MONITORS_MAX)
                return false;
        user->monitors++;
        return true;
}

void user_give_monitor(struct user *user) {
        user->monitors--;
}
