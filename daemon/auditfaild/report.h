/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reports decisions: each one as a structured entry in the journal, and, if it is evidence and the kernel takes records
 * from this daemon, as an audit record.
 *
 * Writing either can block for long: journald may be stopped, and the kernel holds a sender for up to a minute if its
 * audit queue is full, which is just when programs ask. So each has a thread and a bounded queue.
 */
#ifndef AUDITFAIL_REPORT_H
#define AUDITFAIL_REPORT_H

#include <stdbool.h>

#include "daemon/auditfaild/report_decision.h"

#define REPORT_QUEUE_MAX     256 /* decisions in the queue of one thread */
#define REPORT_QUEUE_PERSONS 128 /* a longer queue takes no decision about a person (BUDGET_PERSONS) */

struct reporter;

/*
 * Starts the threads. JOURNAL: log to the journal, else one line for each decision to stderr. TRAIL: write audit
 * records, too. The threads keep the privileges that the process has now. Returns 0 or a negative errno.
 */
int reporter_new(bool journal, bool trail, struct reporter **ret);

/*
 * Waits until the queues are written, at most 2 s, and ends the threads. A thread that hangs in the kernel is left
 * behind with its queue. Returns NULL; NULL is fine.
 */
struct reporter *reporter_free(struct reporter *reporter);

/*
 * Queues a copy of DECISION, for the trail only if it is evidence; does not block. Returns false if no queue took it:
 * the caller counts the decision as suppressed. If only one queue is full, its thread logs later how many decisions it
 * lacks.
 */
bool reporter_submit(struct reporter *reporter, const struct decision *decision);

/* Whether the kernel took the last audit record, or takes records as far as is known. */
bool reporter_trail_works(const struct reporter *reporter);

#endif
