/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* auditfail_check() with all that it finds, for the library that is preloaded. */
#ifndef AUDITFAIL_CHECK_H
#define AUDITFAIL_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/audit/audit_filter.h"

/* Where the answer comes from. */
enum check_source {
        CHECK_REFUSED, /* the kernel refuses records of this process: nothing else was asked */
        CHECK_KERNEL,  /* the kernel, about every type */
        CHECK_DAEMON,  /* auditfaild, about the type that was asked about */
        CHECK_NONE,    /* nobody could be asked: only whether auditing is on is known */
};

struct check {
        enum check_source source;
        int error;                    /* as auditfail_check() returns it, but for lost records; 0: kept */
        bool enabled;                 /* auditing is on */
        bool pressed;                 /* a record could be lost now: audit_state_is_pressed() */
        uint64_t lost;                /* AUDITFAIL_LOST_UNKNOWN */
        struct audit_dropped dropped; /* of CHECK_KERNEL */
};

/*
 * Finds out what becomes of records of TYPE. PROBED: what audit_probe() or audit_probe_new() (probe.h) returned just
 * now. The capabilities (1 system call) say who can be asked: the kernel (as audit_state.h says), or auditfaild
 * (8, in TIMEOUT_MS; 0: it is not asked). Keeps errno, no cancellation point; thread-safe, async-signal-safe.
 */
void check_all(unsigned type, int probed, unsigned timeout_ms, struct check *ret);

/*
 * Whether auditing is on, and the counter of lost records: what changes from one record to the next. Only where
 * check_all() found CHECK_KERNEL. False when the kernel did not answer. Five system calls; promises as check_all().
 */
bool check_again(bool *ret_enabled, uint64_t *ret_lost);

#endif
