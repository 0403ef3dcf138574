/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A request from its call to its last reply: authorized, given to a worker, and followed while the caller listens.
 *
 * Up to the signal, a caller who stops sending cancels it. After that it goes on, whoever listens.
 */
#ifndef AUDITFAIL_REQUEST_H
#define AUDITFAIL_REQUEST_H

#include <stdbool.h>

#include "controld.h"
#include "task.h"

/* What a call has asked for, beside the task. */
struct wish {
        struct task task; /* the caller is identified; deadline and id are still to come */
        uint64_t timeout_usec;
        bool interactive; /* polkit may ask the caller for a password */
        bool more;        /* every step is wanted, not only the last */
};

/*
 * Answers the call that is being served over CONNECTION: at once where the request is refused, else with a stream. Of
 * WISH a copy is kept.
 */
void request_begin(struct connection *connection, struct controld *controld, const struct wish *wish);

/* Cancels what can be cancelled: the daemon is to end. */
void request_cancel(struct request *request);

#endif
