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
#include <stdint.h>
#include <sys/types.h>

#include "auditfail.h"
#include "daemon/common/peer.h"
#include "protocol/vocabulary.h"

#define REPORT_QUEUE_MAX 256 /* decisions that wait for one thread */

/* All that a decision's entries say. Plain data, so that it can be queued as it is. */
struct decision {
        char application[APPLICATION_NAME_MAX + 1];
        char operation[OPERATION_MAX + 1]; /* "": not given */
        char record[RECORD_MAX + 1];       /* type of the record that was lost; "": not given */
        char file[256];                    /* "": no file decided */
        uint32_t line;                     /* 0: none did, as FILE could not be used, or there is none */
        enum auditfail_action action;
        enum kind kind;
        int error;           /* errno; 0: not given */
        uint64_t suppressed; /* decisions that were left out since the last entry (ratelimit.h) */
        struct peer peer;
};

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
