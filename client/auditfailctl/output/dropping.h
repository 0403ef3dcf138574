/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of the kernel's audit rules drop records of a program, process or service. Only root can ask. */
#ifndef AUDITFAILCTL_DROPPING_H
#define AUDITFAILCTL_DROPPING_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/audit/audit_state.h"

#define DROPPING_RULES_MAX 3

struct dropping {
        bool all;                        /* every record */
        bool locked;                     /* no rule can be deleted until the next boot */
        size_t count;                    /* of RULES; there may be more */
        char *rules[DROPPING_RULES_MAX]; /* in auditctl's words: audit_rule_text.h */
        bool whole[DROPPING_RULES_MAX];  /* `auditctl -d` and the words delete it */
};

/*
 * What the rules do to records of SUBJECT (NULL: of this process), and the state of auditing. False where the kernel
 * does not answer: nothing is found, and RET_STATE is not filled in.
 */
bool dropping_find(const struct audit_subject *subject, struct dropping *ret, struct audit_state *ret_state);

/* Whether `auditctl -d` and the words of rule I delete it. */
bool dropping_can_delete(const struct dropping *dropping, size_t i);

/* What to do about rule I: a command, or a sentence. The caller frees it. */
char *dropping_help(const struct dropping *dropping, size_t i);

void dropping_clear(struct dropping *dropping);

#endif
