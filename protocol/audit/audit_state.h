/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks the kernel for the state of auditing (AUDIT_GET) and for its rules (AUDIT_LIST_RULES). Only a process with
 * CAP_AUDIT_CONTROL in the initial user and pid namespaces may ask: see audit_netlink_ok() in kernel/audit.c.
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

#define AUDIT_STATE_TIMEOUT_MS 500 /* for the whole call; the kernel usually answers within a millisecond */

struct audit_state {
        bool enabled;
        bool locked;            /* "enabled" is 2: no rule can change until the next boot */
        pid_t auditd;           /* the registered audit daemon; 0: none */
        uint32_t rate_limit;    /* records a second; 0: none */
        uint32_t backlog;       /* records that wait for the audit daemon */
        uint32_t backlog_limit; /* 0: none */
        uint32_t lost;          /* records lost since boot; wraps around */
};

/* Called for each rule that drops a record type which no earlier rule drops. */
typedef void audit_rule_fn(const struct audit_rule_data *rule, size_t size, void *userdata);

/* An additional question: which records of a process do the rules drop? */
struct audit_rules_question {
        const struct audit_subject *subject; /* NULL: this process */
        audit_rule_fn *on_rule;              /* NULL: not wanted */
        void *userdata;
        struct audit_dropped dropped; /* the answer */
};

/*
 * Fills in STATE, and the answer in RULES (NULL: does not ask). Returns 0, or a negative errno and fills in nothing:
 *  -EPERM         this process may not ask
 *  -ECONNREFUSED  it is in another user namespace
 *  -ETIMEDOUT     the kernel's answer did not come, or was incomplete
 *  another one    from socket(2)
 *
 * Uses a new socket: on the program's socket, a late answer would look like an acknowledgement. Makes five
 * system calls. RULES takes two to four more, one for each rule of the machine, and seven if there is a rule of these
 * filters and RULES has no subject. Waits for the answer, because a kernel thread sends it. Thread-safe,
 * async-signal-safe, a cancellation point; needs about 12 KiB of stack; may change errno.
 */
int audit_state_ask(struct audit_state *state, struct audit_rules_question *rules);

/* Whether the kernel may lose a record that it accepts now: there is a rate limit, or the queue is half full. */
bool audit_state_is_pressed(const struct audit_state *state);

#endif
