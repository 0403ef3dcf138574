/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How often decisions may leave a trace in journal and trail. What is left out is counted, and told with a later entry.
 *
 * Each application that a user asks for has a limit of its own: some entries at once, and again that many per interval.
 * The user counts because anyone may ask in any application's name: with one limit for passwd, whoever used it up would
 * hide what happens to root's passwd. And since names can be invented without end, a user other than root has a limit
 * over all names, and all users other than root have one together: nobody floods the trail through this daemon.
 *
 * Keeps RATELIMIT_BUCKETS applications and users in mind; the one that was quiet for the longest gives way, and what
 * was left out of it is in the total alone. Every call takes the same short time. Not for more than one thread.
 */
#ifndef AUDITFAIL_RATELIMIT_H
#define AUDITFAIL_RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RATELIMIT_INTERVAL_USEC   (30 * 1000000ULL)
#define RATELIMIT_USER_BURST      100 /* entries per interval: of one user other than root */
#define RATELIMIT_STRANGERS_BURST 500 /* of all users other than root */
#define RATELIMIT_BUCKETS         1024

struct ratelimit;

/* BURST: entries per interval, above 0, of one application for one user. Returns 0 or -ENOMEM. */
int ratelimit_new(unsigned burst, struct ratelimit **ret);
struct ratelimit *ratelimit_free(struct ratelimit *limit); /* returns NULL; NULL is fine */

/*
 * Whether a decision on APPLICATION that UID asked for may leave a trace at NOW (monotonic microseconds, never going
 * back). If so, *RET_SUPPRESSED is how many were left out since the last one, by the limits that this one passed. If
 * not, one more is left out.
 */
bool ratelimit_allow(struct ratelimit *limit, const char *application, uid_t uid, uint64_t now,
                     uint64_t *ret_suppressed);

/* The trace that ratelimit_allow() allowed with SUPPRESSED could not be left after all: it is left out, too. */
void ratelimit_missed(struct ratelimit *limit, const char *application, uid_t uid, uint64_t suppressed);

/* All that was ever left out. */
uint64_t ratelimit_total(const struct ratelimit *limit);

#endif
