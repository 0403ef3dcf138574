/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A request from its call to its last reply: authorized, given to a worker, and followed while the caller listens.
 *
 * Up to the signal, a caller who stops sending cancels it. After that it goes on, whoever listens.
 */
#ifndef AUDITFAIL_REQUEST_H
#define AUDITFAIL_REQUEST_H

#include <stdbool.h>

#include "daemon/controld/auditd/task.h"
#include "daemon/controld/controld.h"

/* What a call has asked for, beside the task. */
struct wish {
        struct task task; /* the caller is identified; deadline and id are still to come */
        uint64_t timeout_usec;
        bool interactive; /* polkit may ask the caller for a password */
        bool more;        /* every step is wanted, not only the last */
};

/*
 * Reads what CALL asks for, which is OPERATION, and the token it is asked with, which lives as long as CALL; who asks
 * is still to be filled in. Returns 0, or -EINVAL with call->invalid set. In service_control.c, as the next one.
 */
int wish_read(struct call *call, enum operation operation, struct wish *ret, const char **ret_token);

/* The operation that CALL, of the method Signal, names. Returns as wish_read() does. */
int wish_read_signal(struct call *call, enum operation *ret);

/*
 * Answers the call that is being served over CONNECTION: at once where the request is refused, else with a stream. Of
 * WISH a copy is kept.
 */
void request_begin(struct connection *connection, struct controld *controld, const struct wish *wish);

/* Cancels what can be cancelled: the daemon is to end. */
void request_cancel(struct request *request);

#endif
