/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes a decision as an audit record of type TRUSTED_APP; auditfaild(8) lists the fields. */
#ifndef AUDITFAIL_REPORT_TRAIL_H
#define AUDITFAIL_REPORT_TRAIL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/auditfaild/report_decision.h"

struct trail {
        int fd;        /* to the kernel; -1: closed */
        bool told;     /* the failure is logged */
        uint64_t lost; /* records since that failure */
        atomic_bool works;
};

#define TRAIL_NULL                                                                                                     \
        { .fd = -1 }

void trail_close(struct trail *trail);

/* Finds out whether the kernel would take records, without writing one. Logs why not. May block. */
void trail_probe(struct trail *trail);

/*
 * Writes the record. May block: for a minute if the kernel's queue is full. Logs the first failure with its cause, and
 * the first success after it.
 */
void trail_write(struct trail *trail, const struct decision *decision);

/* Whether the last attempt succeeded. For any thread. */
bool trail_works(const struct trail *trail);

/*
 * Makes the record's text, without the fields that libaudit and the kernel add. The caller frees it; NULL: no memory.
 * No text from outside can end its field, for any tool that reads the trail.
 */
char *trail_message(const struct decision *decision);

#endif
