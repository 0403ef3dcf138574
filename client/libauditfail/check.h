/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* auditfail_check() with all its findings, for the preload library. */
#ifndef AUDITFAIL_CHECK_H
#define AUDITFAIL_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/audit/audit_filter.h"

/* Where the findings come from. */
enum check_source {
        CHECK_REFUSED, /* the kernel refuses records of this process; nothing else was asked */
        CHECK_KERNEL,  /* the kernel; they hold for every type */
        CHECK_DAEMON,  /* auditfaild; they hold for one type */
        CHECK_NONE,    /* neither answered; it is only known whether auditing is on */
};

#define CHECK_SLOW_MS 1000 /* the kernel answers within microseconds, unless it makes the sender wait for the queue */

struct check {
        enum check_source source;
        int error;     /* as auditfail_check() returns it, but never ERROR_LOST; 0: the kernel keeps the record */
        bool enabled;  /* auditing is on */
        bool pressed;  /* the kernel may lose records now: audit_state_is_pressed() */
        bool slow;     /* the kernel made the probe wait for CHECK_SLOW_MS or more: its queue is full */
        uint64_t lost; /* or AUDITFAIL_LOST_UNKNOWN */
        struct audit_dropped dropped; /* for CHECK_KERNEL */
};

/*
 * Finds out what the kernel does with records of TYPE. Probes with audit_probe(FD); FD below 0: with audit_probe_new().
 * With CAP_AUDIT_CONTROL (1 system call to find out), asks the kernel (audit_state.h). Otherwise asks auditfaild (8
 * system calls, at most TIMEOUT_MS; 0: does not ask). Keeps errno, no cancellation point; thread-safe,
 * async-signal-safe.
 *
 * After a slow probe nothing more is asked, and the source is CHECK_NONE: each question to the kernel would wait again.
 */
void check_all(unsigned type, int fd, unsigned timeout_ms, struct check *ret);

/*
 * Asks the kernel for what may change with each record: whether auditing is on, and the counter of lost records. Only
 * after check_all() found CHECK_KERNEL. Returns false if the kernel did not answer. Five system calls; promises as
 * check_all().
 */
bool check_again(bool *ret_enabled, uint64_t *ret_lost);

#endif
