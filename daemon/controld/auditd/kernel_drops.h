/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the kernel acknowledges the record of a request and drops it: auditing is off, or a rule excludes it. */
#ifndef AUDITFAIL_KERNEL_DROPS_H
#define AUDITFAIL_KERNEL_DROPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/controld/auditd/task.h"
#include "protocol/audit/audit_rule_text.h"

struct kernel_drops {
        bool known; /* the kernel answered */
        bool drops;
        enum cause cause;    /* where it does: CAUSE_DISABLED or CAUSE_EXCLUDED */
        uint32_t lost;       /* its counter of lost records */
        uint32_t rate_limit; /* records a second; 0: none */
        uint32_t backlog, backlog_limit;
        char detail[AUDIT_RULE_TEXT_MAX + 128]; /* where it drops them: a sentence */
        char rule[AUDIT_RULE_TEXT_MAX];         /* that drops them, also while auditing is off; "": none */
        bool deletable;                         /* `auditctl -d` and the rule delete it */
};

/*
 * Asks about records of this process, which must have adopted the caller's login by then, since rules may name it. Six
 * to eight system calls, and one for each audit rule.
 */
void kernel_drops_find(struct kernel_drops *ret);

#endif
