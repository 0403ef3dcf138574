/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decides which connections and calls are admitted. Every byte must come from the process that connected (caller.h).
 * Without polkit only root may call, and bytes of other users are not read at all.
 */
#ifndef AUDITFAIL_ADMISSION_H
#define AUDITFAIL_ADMISSION_H

#include "daemon/controld/auditd/task.h"
#include "daemon/controld/controld.h"
#include "daemon/server/connection.h"

/* The identity of an admitted connection, which owns it. */
struct identity *admission_identity(const struct connection *connection);

/*
 * Answers with PermissionDenied if CONNECTION may not call the method that is being served. FOR_AUDITFAILD: only root
 * and auditfaild may; else root, and users that polkit can authorise. Returns whether it did.
 */
bool admission_denies(struct connection *connection, const struct controld *controld, bool for_auditfaild);

/* Answers with NotIdentified, records the refusal of OPERATION, and ends the connection. SENDER: a pid; 0: unknown. */
void admission_mismatch(struct connection *connection, struct controld *controld, enum operation operation,
                        enum mismatch mismatch, pid_t sender);

/* For a service whose context is a struct controld. */
extern const struct connection_hooks admission_hooks;

#endif
