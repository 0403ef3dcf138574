/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of the kernel's audit rules drop records of a program, process or service. Only root can ask. */
#ifndef AUDITFAILCTL_DROPPING_H
#define AUDITFAILCTL_DROPPING_H

#include <stdbool.h>
#include <stddef.h>

#include "audit_filter.h"

#define DROPPING_RULES_MAX 3

struct dropping {
        bool all;                        /* every record */
        size_t count;                    /* of RULES; there may be more */
        char *rules[DROPPING_RULES_MAX]; /* in auditctl's words: audit_rule_text.h */
};

/* What the rules do to records of SUBJECT (NULL: of this process). Where the kernel does not answer, nothing is found.
 */
void dropping_find(const struct audit_subject *subject, struct dropping *ret);
void dropping_clear(struct dropping *dropping);

#endif
