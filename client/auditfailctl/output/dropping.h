/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the kernel's audit rules that drop records of a program, process or service. Only root can ask the kernel. */
#ifndef AUDITFAILCTL_DROPPING_H
#define AUDITFAILCTL_DROPPING_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/audit/audit_state.h"

#define DROPPING_RULES_MAX 3

struct dropping {
        bool all;                        /* all records are dropped */
        size_t count;                    /* number of RULES; the kernel may have more */
        char *rules[DROPPING_RULES_MAX]; /* as arguments of auditctl: audit_rule_text.h */
        char *help[DROPPING_RULES_MAX];  /* how to remove the rule: a command if DELETES, else a sentence */
        bool deletes[DROPPING_RULES_MAX];
};

/*
 * Finds the rules that drop records of SUBJECT (NULL: of this process), and the state of auditing. Returns false if the
 * kernel does not answer. Then RET is empty, and RET_STATE is not set.
 */
bool dropping_find(const struct audit_subject *subject, struct dropping *ret, struct audit_state *ret_state);

void dropping_clear(struct dropping *dropping);

#endif
