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
 * Reads REPLY (LENGTH bytes, without the NUL that ends the message) and fills in action, file, line and generation of
 * ANSWER, and zeros elsewhere. Returns 0; -EREMOTEIO when the reply is an error of the service; -EBADMSG when it is not
 * an answer to Query: not JSON as RFC 8259 has it, in UTF-8, of REPLY_DEPTH_MAX; no action that we know; a file with
 * control characters in its name, or longer than ANSWER has room for; numbers out of range. After an error ANSWER holds
 * nothing of use.
 *
 * Members that are not known are skipped, since a later daemon may say more. Of a member that comes twice the last one
 * counts; null stands for absent.
 *
 * Allocates nothing, async-signal-safe, thread-safe.
 */
int reply_read(const char *reply, size_t length, struct auditfail_answer *answer);

/* What Check says of the caller's records. */
struct check_reply {
        int error;     /* with which they count as lost; 0: the kernel keeps them */
        uint64_t lost; /* the kernel's counter of lost records; AUDITFAIL_LOST_UNKNOWN */
        bool pressed;  /* a record could be lost now */
};

/* The same for the reply to Check. */
int reply_read_check(const char *reply, size_t length, struct check_reply *ret);

#endif
