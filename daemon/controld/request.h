/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A request from its call to its last reply: authorised, given to a worker, and followed while the caller listens.
 *
 * Until auditd has the signal, a caller who stops sending cancels the request. After that it goes on in any case.
 */
#ifndef AUDITFAIL_REQUEST_H
#define AUDITFAIL_REQUEST_H

#include "daemon/controld/controld.h"
#include "daemon/controld/request_options.h"
#include "daemon/server/connection.h"

/*
 * Answers the call that is being served over CONNECTION: at once if the request is refused, else with a stream. Copies
 * OPTIONS.
 */
void request_begin(struct connection *connection, struct controld *controld, const struct request_options *options);

/* For the start of the daemon: logs and records what became of the request that an earlier daemon left. */
void request_explain_lost(struct controld *controld);

/* Cancels REQUEST, unless auditd has the signal; may free it. For the end of the daemon. */
void request_cancel(struct request *request);

#endif
