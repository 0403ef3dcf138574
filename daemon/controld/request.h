/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A request from its call to its last reply: authorized, given to a worker, and followed while the caller listens.
 *
 * Up to the signal, a caller who stops sending cancels it. After that it goes on, whoever listens.
 */
#ifndef AUDITFAIL_REQUEST_H
#define AUDITFAIL_REQUEST_H

#include "daemon/controld/controld.h"
#include "daemon/controld/request_options.h"
#include "daemon/server/connection.h"

/*
 * Answers the call that is being served over CONNECTION: at once where the request is refused, else with a stream. Of
 * OPTIONS a copy is kept.
 */
void request_begin(struct connection *connection, struct controld *controld, const struct request_options *options);

/* Cancels what can be cancelled: the daemon is to end. */
void request_cancel(struct request *request);

#endif
