/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a worker has told, as replies of io.auditfail.Control. */
#ifndef AUDITFAIL_CONTROL_REPLY_H
#define AUDITFAIL_CONTROL_REPLY_H

#include <stdbool.h>

#include "daemon/controld/auditd/task.h"
#include "daemon/controld/controld.h"
#include "daemon/server/connection.h"

/* The member KEY, a Caller. */
void progress_caller(struct json_writer *w, const char *key, const struct caller *caller);

/* Sends NEWS about TASK: a Progress, a Status, or an error. CONTINUES: it is not the last. */
void progress_send(struct connection *connection, const struct controld *controld, const struct task *task,
                   const struct worker_message *message, bool continues);

#endif
