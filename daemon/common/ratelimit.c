/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/common/ratelimit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/snapshot.h"
#include "protocol/vocabulary.h"

/* The reports of one user about one application, or, with application "", about all. */
struct bucket {
        uid_t uid;
        char application[APPLICATION_NAME_MAX + 1];
        uint64_t used;       /* the number of the last call that used it */
        uint64_t full_at;    /* when the whole burst is available again; each report moves it on */
        uint64_t suppressed; /* since the last report */
};

struct ratelimit {
        struct ratelimit_bursts bursts;
        uint64_t total;
        struct bucket all;                  /* all users that have limits for all names */
        uint64_t calls;                     /* of bucket_get() */
        size_t count;                       /* of the buckets in use */
        uint64_t hashes[RATELIMIT_BUCKETS]; /* of the buckets: quicker to search */
        struct bucket buckets[RATELIMIT_BUCKETS];
};

int ratelimit_new_with(const struct ratelimit_bursts *bursts, struct ratelimit **ret) {
        struct ratelimit *limit = calloc(1, sizeof(*limit));

        if (!limit)
                return -ENOMEM;
        limit->bursts = *bursts;
        *ret = limit;
        return 0;
}

int ratelimit_new(unsigned burst, struct ratelimit **ret) {
        const struct ratelimit_bursts bursts = {
                .application = burst,
                .user = RATELIMIT_USER_BURST,
                .all = RATELIMIT_NOT_ROOT_BURST,
                .interval_usec = RATELIMIT_INTERVAL_USEC,
        };

        return ratelimit_new_with(&bursts, ret);
}

struct ratelimit *ratelimit_free(struct ratelimit *limit) {
        free(limit);
        return NULL;
}

/* The number of an unused bucket, or of the one that was not used for the longest time. */
static size_t bucket_vacate(struct ratelimit *limit) {
        size_t oldest = 0;

        if (limit->count < RATELIMIT_BUCKETS)
                return limit->count++;
        for (size_t i = 1; i < limit->count; i++)
                if (limit->buckets[i].used < limit->buckets[oldest].used)
                        oldest = i;
        return oldest;
}

static struct bucket *bucket_get(struct ratelimit *limit, const char *application, uid_t uid) {
        uint64_t hash = snapshot_hash(uid, application, strlen(application));
        size_t i = 0;

        while (i < limit->count && (limit->hashes[i] != hash || limit->buckets[i].uid != uid ||
                                    strncmp(limit->buckets[i].application, application, APPLICATION_NAME_MAX) != 0))
                i++;
        if (i == limit->count) {
                i = bucket_vacate(limit);
                limit->hashes[i] = hash;
                limit->buckets[i] = (struct bucket){ .uid = uid };
                strncpy(limit->buckets[i].application, application, APPLICATION_NAME_MAX);
        }
        limit->buckets[i].used = ++limit->calls;
        return &limit->buckets[i];
}

/* Each report moves full_at on by its part of the interval; a burst fits into one interval. */
static uint64_t bucket_after(const struct ratelimit *limit, const struct bucket *bucket, uint64_t now, unsigned burst) {
        return (bucket->full_at > now ? bucket->full_at : now) + limit->bursts.interval_usec / burst;
}

static bool has_room(const struct ratelimit *limit, const struct bucket *bucket, uint64_t now, unsigned burst) {
        return bucket_after(limit, bucket, now, burst) <= now + limit->bursts.interval_usec;
}

static bool refuse(struct ratelimit *limit, struct bucket *bucket) {
        bucket->suppressed++;
        limit->total++;
        return false;
}

/* Takes one report from the bucket. Returns how many were suppressed there since the last one. */
static uint64_t take(const struct ratelimit *limit, struct bucket *bucket, uint64_t now, unsigned burst) {
        uint64_t suppressed = bucket->suppressed;

        bucket->full_at = bucket_after(limit, bucket, now, burst);
        bucket->suppressed = 0;
        return suppressed;
}

bool ratelimit_allow(struct ratelimit *limit, const char *application, uid_t uid, uint64_t now,
                     uint64_t *ret_suppressed) {
        const struct ratelimit_bursts *bursts = &limit->bursts;
        bool limited = uid != 0 || bursts->root_too;
        struct bucket *user = NULL, *own;

        /* The widest limit first: a report that it stops takes no bucket from another name. */
        if (limited) {
                if (!has_room(limit, &limit->all, now, bursts->all))
                        return refuse(limit, &limit->all);
                user = bucket_get(limit, "", uid);
                if (!has_room(limit, user, now, bursts->user))
                        return refuse(limit, user);
        }
        own = bucket_get(limit, application, uid);
        if (!has_room(limit, own, now, bursts->application))
                return refuse(limit, own);

        *ret_suppressed = take(limit, own, now, bursts->application);
        if (limited)
                *ret_suppressed += take(limit, user, now, bursts->user) + take(limit, &limit->all, now, bursts->all);
        return true;
}

void ratelimit_missed(struct ratelimit *limit, const char *application, uid_t uid, uint64_t suppressed) {
        bucket_get(limit, application, uid)->suppressed += suppressed + 1;
        limit->total++;
}

uint64_t ratelimit_total(const struct ratelimit *limit) {
        return limit->total;
}
