/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replies of io.auditfail.Control. All functions but the first send one. */
#ifndef AUDITFAIL_CONTROL_REPLY_H
#define AUDITFAIL_CONTROL_REPLY_H

#include "daemon/controld/auditd/task.h"
#include "daemon/controld/auditd/worker_message.h"
#include "daemon/controld/controld.h"
#include "daemon/server/connection.h"
#include "protocol/well_known.h"

#define CONTROL_ERROR CONTROL_INTERFACE "."

/* Writes CALLER as the member KEY of a reply. */
void control_reply_caller(struct json_writer *w, const char *key, const struct caller *caller);

/* MESSAGE about TASK: a Progress, a Status, or an error. */
void control_reply_message(struct connection *connection, const struct controld *controld, const struct task *task,
                           const struct worker_message *message);

/* The error Failed, without a signal to auditd. */
void control_reply_failed(struct connection *connection, const char *detail);

/* The error PermissionDenied. */
void control_reply_denied(struct connection *connection, const char *reason);

#endif
