/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel says of its auditing: AUDIT_GET and AUDIT_LIST_RULES. Only a process with CAP_AUDIT_CONTROL in the
 * initial user and pid namespaces may ask (audit_netlink_ok() in kernel/audit.c).
 *
 * Needs libc alone, allocates nothing.
 */
#ifndef AUDITFAIL_AUDIT_STATE_H
#define AUDITFAIL_AUDIT_STATE_H

#include <linux/audit.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "protocol/audit/audit_filter.h"

#define AUDIT_STATE_TIMEOUT_MS 500 /* for the whole; the kernel answers within a millisecond when it answers at all */

struct audit_state {
        bool enabled;
        bool locked;            /* enabled 2: no rule can be changed until the next boot */
        pid_t auditd;           /* the registered audit daemon; 0: there is none */
        uint32_t rate_limit;    /* records a second; 0: none */
        uint32_t backlog;       /* records that wait for the audit daemon */
        uint32_t backlog_limit; /* 0: none */
        uint32_t lost;          /* records lost since boot; wraps around */
};

/* Called for each rule that drops a record type which no earlier rule drops. */
typedef void audit_rule_fn(const struct audit_rule_data *rule, size_t size, void *userdata);

/* A question beside that for the state: which records of a process do the rules drop? */
struct audit_rules_question {
        const struct audit_subject *subject; /* NULL: this process */
        audit_rule_fn *on_rule;              /* NULL: not wanted */
        void *userdata;
        struct audit_dropped dropped; /* the answer */
};

/*
 * Fills in STATE and the answer of RULES (NULL: not asked). Returns 0, or a negative errno and nothing is filled in:
 * -EPERM without the right to ask, -ECONNREFUSED in another user namespace, -ETIMEDOUT where the kernel gave no whole
 * answer, or an errno of socket(2).
 *
 * Five system calls, on a socket of its own: a late answer on the program's socket would be taken for an
 * acknowledgement. Two to four more with RULES, one for each rule of the machine, and
 * seven where a rule is of these filters and RULES has no subject. The kernel answers from threads of its own, so that
 * the answer has to be waited for. Thread-safe, async-signal-safe, a cancellation point; about 12 KiB of stack; may
 * change errno.
 */
int audit_state_ask(struct audit_state *state, struct audit_rules_question *rules);

/* Whether a record could be lost now although the kernel takes it: there is a rate limit, or the queue is filling. */
bool audit_state_is_pressed(const struct audit_state *state);

#endif
