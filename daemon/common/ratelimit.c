/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/common/ratelimit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "protocol/vocabulary.h"

#define SLOTS 2048 /* of the hash table, a power of two */

/* What one user asks for one application, or, without an application, for all of them. */
struct bucket {
        uid_t uid;
        char application[APPLICATION_NAME_MAX + 1];
        uint64_t full_at;    /* when the whole burst may be used again; each entry moves it on */
        uint64_t suppressed; /* left out here, and not told yet */
        size_t slot;
        struct bucket *next;          /* in the same slot */
        struct bucket *newer, *older; /* in the order of their last use */
};

struct ratelimit {
        uint64_t burst;
        uint64_t seed; /* of the hash: nobody can invent names that all fall into one slot */
        uint64_t total;
        struct bucket strangers;
        struct bucket order; /* closes the ring: its newer one is the oldest of all, its older one the newest */
        struct bucket *slots[SLOTS];
        size_t used;
        struct bucket buckets[RATELIMIT_BUCKETS];
};

int ratelimit_new(unsigned burst, struct ratelimit **ret) {
        struct ratelimit *limit = calloc(1, sizeof(*limit));

        if (!limit)
                return -ENOMEM;
        /* Without entropy, early at boot, the seed stays what it is: a known seed costs time, no more. */
        (void)!getrandom(&limit->seed, sizeof(limit->seed), GRND_NONBLOCK);
        limit->order.newer = limit->order.older = &limit->order;
        limit->burst = burst;
        *ret = limit;
        return 0;
}

struct ratelimit *ratelimit_free(struct ratelimit *limit) {
        free(limit);
        return NULL;
}

/* FNV-1a, folded: the low bits alone would leave out much of what the seed does. */
static size_t slot_of(const struct ratelimit *limit, const char *application, uid_t uid) {
        uint64_t hash = (14695981039346656037ULL ^ limit->seed ^ uid) * 1099511628211ULL;

        for (const char *c = application; *c; c++)
                hash = (hash ^ (unsigned char)*c) * 1099511628211ULL;
        return (hash ^ hash >> 32) & (SLOTS - 1);
}

static void order_remove(struct bucket *bucket) {
        bucket->newer->older = bucket->older;
        bucket->older->newer = bucket->newer;
}

static void order_add_newest(struct ratelimit *limit, struct bucket *bucket) {
        bucket->newer = &limit->order;
        bucket->older = limit->order.older;
        bucket->older->newer = bucket;
        limit->order.older = bucket;
}

/* A bucket that nobody uses: a fresh one, or else that of the longest silence. */
static struct bucket *bucket_vacate(struct ratelimit *limit) {
        if (limit->used < RATELIMIT_BUCKETS)
                return &limit->buckets[limit->used++];

        struct bucket *oldest = limit->order.newer;
        struct bucket **link = &limit->slots[oldest->slot];

        while (*link != oldest)
                link = &(*link)->next;
        *link = oldest->next;
        order_remove(oldest);
        return oldest;
}

static struct bucket *bucket_get(struct ratelimit *limit, const char *application, uid_t uid) {
        size_t slot = slot_of(limit, application, uid);

        for (struct bucket *bucket = limit->slots[slot]; bucket; bucket = bucket->next)
                if (bucket->uid == uid && strncmp(bucket->application, application, APPLICATION_NAME_MAX) == 0) {
                        order_remove(bucket);
                        order_add_newest(limit, bucket);
                        return bucket;
                }

        struct bucket *bucket = bucket_vacate(limit);

        *bucket = (struct bucket){ .uid = uid, .slot = slot, .next = limit->slots[slot] };
        strncpy(bucket->application, application, APPLICATION_NAME_MAX);
        limit->slots[slot] = bucket;
        order_add_newest(limit, bucket);
        return bucket;
}

/* Every entry takes its part of the interval to be used again; a burst fits into one interval. */
static uint64_t bucket_after(const struct bucket *bucket, uint64_t now, uint64_t burst) {
        return (bucket->full_at > now ? bucket->full_at : now) + RATELIMIT_INTERVAL_USEC / burst;
}

static bool bucket_has_room(const struct bucket *bucket, uint64_t now, uint64_t burst) {
        return bucket_after(bucket, now, burst) <= now + RATELIMIT_INTERVAL_USEC;
}

static bool refuse(struct ratelimit *limit, struct bucket *bucket) {
        bucket->suppressed++;
        limit->total++;
        return false;
}

/* Uses the bucket once. Returns how many were left out there since the last time. */
static uint64_t take(struct bucket *bucket, uint64_t now, uint64_t burst) {
        uint64_t suppressed = bucket->suppressed;

        bucket->full_at = bucket_after(bucket, now, burst);
        bucket->suppressed = 0;
        return suppressed;
}

bool ratelimit_allow(struct ratelimit *limit, const char *application, uid_t uid, uint64_t now,
                     uint64_t *ret_suppressed) {
        struct bucket *strangers = &limit->strangers, *user = NULL, *own;

        /* From the widest on: a name that a wider limit stops is not kept in mind, and pushes no other out. */
        if (uid != 0) {
                if (!bucket_has_room(strangers, now, RATELIMIT_STRANGERS_BURST))
                        return refuse(limit, strangers);
                user = bucket_get(limit, "", uid);
                if (!bucket_has_room(user, now, RATELIMIT_USER_BURST))
                        return refuse(limit, user);
        }
        own = bucket_get(limit, application, uid);
        if (!bucket_has_room(own, now, limit->burst))
                return refuse(limit, own);

        *ret_suppressed = take(own, now, limit->burst);
        if (uid != 0)
                *ret_suppressed +=
                        take(user, now, RATELIMIT_USER_BURST) + take(strangers, now, RATELIMIT_STRANGERS_BURST);
        return true;
}

void ratelimit_missed(struct ratelimit *limit, const char *application, uid_t uid, uint64_t suppressed) {
        bucket_get(limit, application, uid)->suppressed += suppressed + 1;
        limit->total++;
}

uint64_t ratelimit_total(const struct ratelimit *limit) {
        return limit->total;
}
