/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A decision as an audit record of type TRUSTED_APP: auditfaild(8) lists the fields. */
#ifndef AUDITFAIL_REPORT_TRAIL_H
#define AUDITFAIL_REPORT_TRAIL_H

#include <stdbool.h>

#include "daemon/auditfaild/report_decision.h"

struct trail;

/* Returns 0 or -ENOMEM. The kernel is not asked for anything yet. */
int trail_new(struct trail **ret);
struct trail *trail_free(struct trail *trail); /* returns NULL; NULL is fine */

/* Finds out, writing nothing, whether the kernel would take records. Logs why if it would not. May block. */
void trail_probe(struct trail *trail);

/*
 * Writes the record. May block, for a minute when the kernel's queue is full. The first failure is logged with its
 * cause; the next decision tries again, and success is logged, too.
 */
void trail_write(struct trail *trail, const struct decision *decision);

/* Whether the last attempt went well. Any thread may ask. */
bool trail_works(const struct trail *trail);

/*
 * What the record says, without the fields that libaudit and the kernel add. Caller frees; NULL: no memory.
 *
 * Nothing that a caller wrote can end its field, for none of the tools that read the trail.
 */
char *trail_message(const struct decision *decision);

#endif
