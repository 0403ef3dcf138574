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

/* The priority of syslog(3) for an entry about a lost record, after which ACTION was taken. As auditfaild's entries. */
int reason_priority(enum auditfail_action action);

#endif
