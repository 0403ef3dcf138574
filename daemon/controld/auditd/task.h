/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a worker has to do (worker.h). Plain data: a worker is another process. */
#ifndef AUDITFAIL_TASK_H
#define AUDITFAIL_TASK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/controld/auditd/request_record.h"
#include "daemon/controld/caller/caller.h"
#include "protocol/request_words.h"

/*
 * How far a request is on its way to the signal. The worker writes the stage to memory that outlives it. Only a worker
 * that moves from BEGUN to SIGNALLING may signal auditd. The daemon moves BEGUN to CALLED_OFF, and then knows that this
 * worker never signals auditd.
 */
enum stage { STAGE_NONE, STAGE_BEGUN, STAGE_SIGNALLING, STAGE_SIGNALLED, STAGE_CALLED_OFF };

struct task {
        enum operation operation;
        enum operation refused;
        struct caller caller;
        bool identified;        /* a token came back: auid and the rest of the caller are the sender's own */
        bool force;             /* go on without a login, or without seeing the record on disk */
        char why[16];           /* of the refusal, or what was forced so far; "": nothing */
        uint64_t deadline_usec; /* monotonic */
        char reason[REASON_TEXT_MAX + 1];
        char id[REQUEST_ID_LENGTH + 1];
        _Atomic int *stage; /* enum stage, in shared memory; NULL: only the worker's messages tell */
};

#endif
