/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of refused requests: a line of the log, and a record in the audit trail. */
#ifndef AUDITFAIL_REFUSAL_RECORD_H
#define AUDITFAIL_REFUSAL_RECORD_H

#include <stdbool.h>

#include "daemon/controld/auditd/task.h"
#include "daemon/controld/controld.h"

/*
 * Records that REFUSED (its operation, caller, identified and reason) was refused, because of WHY, a word. Each user
 * has a limit, and the next line of the log counts the refusals over it. Returns whether this one was recorded.
 */
bool refusal_record(struct controld *controld, const struct task *refused, const char *why);

/*
 * Writes the record that LOST was not carried out, because its worker or an earlier daemon was killed before the
 * signal. The trail has the request as granted until then.
 */
void refusal_record_lost(struct controld *controld, const struct task *lost);

#endif
