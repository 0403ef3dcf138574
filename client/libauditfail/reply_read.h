/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon's replies to Query and Check, read inside programs that must not allocate. */
#ifndef AUDITFAIL_REPLY_READ_H
#define AUDITFAIL_REPLY_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auditfail.h"

#define REPLY_MAX       2048 /* bytes that a reply may have, with its NUL */
#define REPLY_DEPTH_MAX 8    /* objects and arrays within each other; the reply itself needs two */

/*
 * Reads REPLY (LENGTH bytes, and the NUL that ends the message behind them). Fills in action, file, line and generation
 * of ANSWER, and zeros its other members. Returns 0, or a negative errno, after which ANSWER is undefined:
 *  -EREMOTEIO  the reply is an error of the service
 *  -EBADMSG    the reply is no answer to Query: no JSON in UTF-8 (RFC 8259), nested deeper than REPLY_DEPTH_MAX, an
 *              unknown action, a file name that is too long or has control characters, a number out of range
 *
 * Skips unknown members, because a newer daemon may send more. Of a member that appears twice, the last one counts.
 * null means absent. Allocates nothing, async-signal-safe, thread-safe.
 */
int reply_read(const char *reply, size_t length, struct auditfail_answer *answer);

/* What Check returns about records of the caller. */
struct check_reply {
        int error;     /* why the kernel does not keep them; 0: it keeps them */
        uint64_t lost; /* the kernel's counter of lost records, or AUDITFAIL_LOST_UNKNOWN */
        bool pressed;  /* the kernel may lose records now */
};

/* The same for the reply to Check. */
int reply_read_check(const char *reply, size_t length, struct check_reply *ret);

#endif
