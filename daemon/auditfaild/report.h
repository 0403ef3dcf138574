/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Puts every decision where people look for it: a structured entry in the journal, and, where this daemon can write to
 * the audit trail though the program could not, an audit record.
 *
 * Both can block for long (journald stopped; a full audit queue makes the kernel hold the sender for up to a minute),
 * and a full audit queue is just when programs ask. So each has a thread of its own, and a queue that has an end.
 */
#ifndef AUDITFAIL_REPORT_H
#define AUDITFAIL_REPORT_H

#include <stdbool.h>

#include "daemon/auditfaild/report_decision.h"

#define REPORT_QUEUE_MAX 256 /* decisions that wait for one thread */

struct reporter;

/*
 * Starts the threads. JOURNAL: entries go to the journal, else as one line each to stderr. TRAIL: audit records are
 * written, too, where the kernel allows it. Call this when privileges are as they shall stay: a thread keeps what it
 * starts with. Returns 0 or a negative errno.
 */
int reporter_new(bool journal, bool trail, struct reporter **ret);

/*
 * Waits until all that was queued is written, 2 s at most, and ends the threads. One that hangs in the kernel is left
 * to itself, with what it needs. NULL is fine; returns NULL.
 */
struct reporter *reporter_free(struct reporter *reporter);

/*
 * Queues a copy of DECISION; never blocks. Returns false when no queue has room: the caller counts it as suppressed.
 * Where one of two has none, its thread says in the log how many it left out, as soon as it can.
 */
bool reporter_submit(struct reporter *reporter, const struct decision *decision);

/* Whether the kernel takes audit records from this process, as far as is known by now. */
bool reporter_trail_works(const struct reporter *reporter);

#endif
