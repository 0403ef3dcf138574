/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A decision, as it is reported to the journal, to the audit trail and to monitors. */
#ifndef AUDITFAIL_REPORT_DECISION_H
#define AUDITFAIL_REPORT_DECISION_H

#include <stdint.h>

#include "auditfail.h"
#include "daemon/auditfaild/report_budget.h"
#include "daemon/common/peer.h"
#include "protocol/vocabulary.h"

/* Plain data, so that a queue can hold a copy. */
struct decision {
        char application[APPLICATION_NAME_MAX + 1];
        char operation[OPERATION_MAX + 1]; /* "": not given */
        char record[RECORD_MAX + 1];       /* type of the record that was lost; "": not given */
        char file[256];                    /* the policy file that decided; "": none */
        uint32_t line;                     /* 0: no line decided: there is no file, or it could not be used */
        enum auditfail_action action;
        enum kind kind;
        int error;           /* errno; 0: not given */
        enum budget budget;  /* that pays for the report, and says whether it is evidence (report_budget.h) */
        uint64_t suppressed; /* decisions that were not reported since the last one that was (ratelimit.h) */
        struct peer peer;
        struct peer_origin origin;
};

#endif
