/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/common/ratelimit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>

#include "protocol/vocabulary.h"

#define SLOTS 2048 /* of the hash table, a power of two */

/* The reports of one user about one application, or, with application "", about all. */
struct bucket {
        uid_t uid;
        char application[APPLICATION_NAME_MAX + 1];
        uint64_t full_at;    /* when the whole burst is available again; each report moves it on */
        uint64_t suppressed; /* since the last report */
        LIST_ENTRY(bucket) in_slot;
        TAILQ_ENTRY(bucket) in_order;
};

struct ratelimit {
        uint64_t burst;
        uint64_t seed; /* of the hash: no user can make up names that all fall into one slot */
        uint64_t total;
        struct bucket not_root; /* all users other than root */
        LIST_HEAD(, bucket) slots[SLOTS];
        TAILQ_HEAD(, bucket) order; /* of the buckets in use, the one used last is the last */
        size_t used;
        struct bucket buckets[RATELIMIT_BUCKETS];
};

int ratelimit_new(unsigned burst, struct ratelimit **ret) {
        struct ratelimit *limit = calloc(1, sizeof(*limit));

        if (!limit)
                return -ENOMEM;
        /* Early at boot there may be no entropy. A known seed only costs time. */
        (void)!getrandom(&limit->seed, sizeof(limit->seed), GRND_NONBLOCK);
        TAILQ_INIT(&limit->order);
        limit->burst = burst;
        *ret = limit;
        return 0;
}

struct ratelimit *ratelimit_free(struct ratelimit *limit) {
        free(limit);
        return NULL;
}

/* FNV-1a, folded: the seed does not reach the low bits alone. */
static size_t slot_of(const struct ratelimit *limit, const char *application, uid_t uid) {
        uint64_t hash = (14695981039346656037ULL ^ limit->seed ^ uid) * 1099511628211ULL;

        for (const char *c = application; *c; c++)
                hash = (hash ^ (unsigned char)*c) * 1099511628211ULL;
        return (hash ^ hash >> 32) & (SLOTS - 1);
}

/* An unused bucket, or the one that was not used for the longest time. */
static struct bucket *bucket_vacate(struct ratelimit *limit) {
        struct bucket *oldest = TAILQ_FIRST(&limit->order);

        if (limit->used < RATELIMIT_BUCKETS)
                return &limit->buckets[limit->used++];
        LIST_REMOVE(oldest, in_slot);
        TAILQ_REMOVE(&limit->order, oldest, in_order);
        return oldest;
}

static struct bucket *bucket_get(struct ratelimit *limit, const char *application, uid_t uid) {
        size_t slot = slot_of(limit, application, uid);
        struct bucket *bucket;

        LIST_FOREACH(bucket, &limit->slots[slot], in_slot)
        if (bucket->uid == uid && strncmp(bucket->application, application, APPLICATION_NAME_MAX) == 0)
                break;
        if (bucket)
                TAILQ_REMOVE(&limit->order, bucket, in_order);
        else {
                bucket = bucket_vacate(limit);
                *bucket = (struct bucket){ .uid = uid };
                strncpy(bucket->application, application, APPLICATION_NAME_MAX);
                LIST_INSERT_HEAD(&limit->slots[slot], bucket, in_slot);
        }
        TAILQ_INSERT_TAIL(&limit->order, bucket, in_order);
        return bucket;
}

/* Each report moves full_at on by its part of the interval; a burst fits into one interval. */
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

/* Takes one report from the bucket. Returns how many were suppressed there since the last one. */
static uint64_t take(struct bucket *bucket, uint64_t now, uint64_t burst) {
        uint64_t suppressed = bucket->suppressed;

        bucket->full_at = bucket_after(bucket, now, burst);
        bucket->suppressed = 0;
        return suppressed;
}

bool ratelimit_allow(struct ratelimit *limit, const char *application, uid_t uid, uint64_t now,
                     uint64_t *ret_suppressed) {
        struct bucket *not_root = &limit->not_root, *user = NULL, *own;

        /* The widest limit first: a report that it stops takes no bucket from another name. */
        if (uid != 0) {
                if (!bucket_has_room(not_root, now, RATELIMIT_NOT_ROOT_BURST))
                        return refuse(limit, not_root);
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
                        take(user, now, RATELIMIT_USER_BURST) + take(not_root, now, RATELIMIT_NOT_ROOT_BURST);
        return true;
}

void ratelimit_missed(struct ratelimit *limit, const char *application, uid_t uid, uint64_t suppressed) {
        bucket_get(limit, application, uid)->suppressed += suppressed + 1;
        limit->total++;
}

uint64_t ratelimit_total(const struct ratelimit *limit) {
        return limit->total;
}
