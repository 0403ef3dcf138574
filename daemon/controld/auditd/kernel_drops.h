/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the kernel acknowledges the record of a request and drops it: auditing is off, or a rule excludes it. */
#ifndef AUDITFAIL_KERNEL_DROPS_H
#define AUDITFAIL_KERNEL_DROPS_H

#include <stdbool.h>

#include "protocol/audit/audit_rule_text.h"
#include "protocol/audit/audit_state.h"
#include "protocol/request_words.h"

struct kernel_drops {
        bool known; /* the kernel answered */
        bool drops;
        enum cause cause; /* if it does: CAUSE_DISABLED or CAUSE_EXCLUDED */
        struct audit_state state;
        char detail[AUDIT_RULE_TEXT_MAX + 128]; /* if it drops them: why */
        char rule[AUDIT_RULE_TEXT_MAX];         /* that drops them, even while auditing is off; "": none */
        bool deletable;                         /* `auditctl -d` deletes the rule */
};

/*
 * Asks about records of this process, which must have adopted the caller's login: rules may match it. Six to eight
 * system calls, and one for each audit rule.
 */
void kernel_drops_find(struct kernel_drops *ret);

#endif
