/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks the kernel for the state of auditing, in a child process. While the kernel's queue overflows, the kernel blocks
 * the process that asks for up to backlog_wait_time, 60 s (the end of audit_receive() in kernel/audit.c). The daemon
 * goes on meanwhile. The child starts with the first query, answers all queries in order, and ends with the daemon.
 */
#ifndef AUDITFAIL_KERNEL_ASKER_H
#define AUDITFAIL_KERNEL_ASKER_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "protocol/audit/audit_filter.h"

#define KERNEL_QUERIES_MAX 16 /* queries without an answer, forgotten ones included */

struct kernel_state {
        int error;     /* a negative errno: the kernel did not answer, and the rest means nothing */
        bool enabled;  /* auditing is on */
        bool excluded; /* a rule drops the records of the query */
        bool pressed;  /* audit_state_is_pressed() */
        uint32_t lost; /* the counter of lost records */
};

struct kernel_asker;

/* Called once for a query, from the event loop. */
typedef void kernel_asker_done(const struct kernel_state *state, void *userdata);

/* EVENT must outlive it. Returns 0 or -ENOMEM. */
int kernel_asker_new(sd_event *event, struct kernel_asker **ret);
struct kernel_asker *kernel_asker_free(struct kernel_asker *asker); /* returns NULL; NULL is fine */

/*
 * Asks about records of TYPE (0: any) of SUBJECT; calls DONE later. Returns 0, -EBUSY if KERNEL_QUERIES_MAX queries
 * wait, or another negative errno if there is no child to ask.
 */
int kernel_asker_ask(struct kernel_asker *asker, unsigned type, const struct audit_subject *subject,
                     kernel_asker_done *done, void *userdata);

/* Forgets the queries with USERDATA: DONE is not called for them. */
void kernel_asker_forget(struct kernel_asker *asker, const void *userdata);

#endif
