/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits how many decisions are reported to journal and trail. What is suppressed is counted, and a later report has
 * the number.
 *
 * Each application of each user has a limit: a burst at once, and the same number in each interval. The user counts
 * because every user may ask in any application's name. With one limit for passwd, a user could use it up, and hide
 * what happens to root's passwd. Users can also make up names. So each user other than root has a limit for all names,
 * and all users other than root share one.
 *
 * Remembers the RATELIMIT_BUCKETS applications and users that asked last. What was suppressed for the others is in the
 * total only. For one thread.
 */
#ifndef AUDITFAIL_RATELIMIT_H
#define AUDITFAIL_RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RATELIMIT_INTERVAL_USEC  (30 * 1000000ULL)
#define RATELIMIT_USER_BURST     100 /* reports in each interval: of one user other than root */
#define RATELIMIT_NOT_ROOT_BURST 500 /* of all users other than root */
#define RATELIMIT_BUCKETS        1024

struct ratelimit;

/* Reports in each interval, at least 1: so many at once, and later the same number spread over the interval. */
struct ratelimit_bursts {
        unsigned application; /* of one application for one user */
        unsigned user;        /* of one user */
        unsigned all;         /* of all users */
        uint64_t interval_usec;
        bool root_too; /* USER and ALL are for root, too */
};

/* BURST: reports in each RATELIMIT_INTERVAL_USEC, at least 1, of one application for one user. Returns 0 or -ENOMEM. */
int ratelimit_new(unsigned burst, struct ratelimit **ret);
int ratelimit_new_with(const struct ratelimit_bursts *bursts, struct ratelimit **ret);
struct ratelimit *ratelimit_free(struct ratelimit *limit); /* returns NULL; NULL is fine */

/*
 * Whether a decision about APPLICATION for UID may be reported at NOW (monotonic microseconds, never going back). If
 * so, *RET_SUPPRESSED is how many were suppressed since the last report, by the limits that this one passed.
 */
bool ratelimit_allow(struct ratelimit *limit, const char *application, uid_t uid, uint64_t now,
                     uint64_t *ret_suppressed);

/* The report that ratelimit_allow() allowed with SUPPRESSED failed: it counts as suppressed, too. */
void ratelimit_missed(struct ratelimit *limit, const char *application, uid_t uid, uint64_t suppressed);

/* All that were ever suppressed. */
uint64_t ratelimit_total(const struct ratelimit *limit);

#endif
