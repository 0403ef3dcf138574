/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How an answer is told to people, by the preloaded library and PAM's module: which file decides, how urgent it is. */
#ifndef AUDITFAIL_REASON_H
#define AUDITFAIL_REASON_H

#include "auditfail.h"

#define REASON_MAX (sizeof(((struct auditfail_answer *)0)->file) + 64) /* bytes, with the NUL */

/*
 * "as /etc/auditfail/su.conf:9 says", "since /etc/auditfail/su.conf cannot be used", or "as the built-in default
 * says". Thread-safe, allocates nothing.
 */
void reason_write(const struct auditfail_answer *answer, char ret[static REASON_MAX]);

#define REASON_WHY_MAX 96 /* bytes, with the NUL; the longest text of glibc takes 49 */

/*
 * What becomes of a record that is lost with ERROR (0: not known): "refused: Operation not permitted", "dropped:
 * auditing is switched off". Thread-safe, without a lock, a locale or an allocation.
 */
void reason_why(int error, char ret[static REASON_WHY_MAX]);

/* The priority of syslog(3) for an entry about a lost record, after which ACTION was taken. As auditfaild's entries. */
int reason_priority(enum auditfail_action action);

#endif
