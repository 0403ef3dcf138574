/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is asked of a worker (worker.h), and what it has to tell: plain data, since it goes from one process to another.
 * The words are those of io.auditfail.Control.
 */
#ifndef AUDITFAIL_TASK_H
#define AUDITFAIL_TASK_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/controld/auditd/request_record.h"
#include "daemon/controld/caller/caller.h"
#include "protocol/audit/audit_rule_text.h"
#include "protocol/request_words.h"

struct task {
        enum operation operation;
        enum operation refused;
        struct caller caller;
        bool identified;        /* a token came back: auid and the rest of the caller are the sender's own */
        bool force;             /* go on without a login, or without seeing the record on disk */
        const char *why;        /* of the refusal, or what was forced so far; NULL: nothing */
        uint64_t deadline_usec; /* monotonic */
        char reason[REASON_TEXT_MAX + 1];
        char id[REQUEST_ID_LENGTH + 1];
};

/* What the kernel says about auditing (AUDIT_GET). */
struct kernel_audit {
        pid_t pid; /* of the registered audit daemon; 0: none */
        uint32_t enabled, backlog, backlog_limit, lost, rate_limit;
};

#define TRAIL_TEXT_MAX 8192

/* Of a worker: a step; the last step, STEP_DONE; or a failure, after which nothing comes. */
struct worker_message {
        enum request_step step;
        enum request_failure failure;
        enum cause cause;  /* of FAILURE_NOT_RECORDED */
        bool signalled;    /* the audit daemon has the signal */
        pid_t auditd;      /* 0: nothing to say */
        char program[64];  /* of OPERATION_STATUS and FAILURE_OTHER_AUDIT_DAEMON */
        char event[48];    /* "SECONDS.MILLI:SERIAL"; "": not known */
        char detail[2048]; /* "": nothing to say */
        struct kernel_audit kernel;
        char log_file[PATH_MAX];    /* of OPERATION_STATUS; "": none */
        char trail[TRAIL_TEXT_MAX]; /* the audit daemon's own records, one a line */
        char state[TRAIL_TEXT_MAX]; /* its report on itself */

        /* Of OPERATION_STATUS: the rule that drops records of requests. Of CAUSE_EXCLUDED: what `auditctl -d` takes. */
        char rule[AUDIT_RULE_TEXT_MAX];
};

#endif
