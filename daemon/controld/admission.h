/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who gets to say anything: every byte is the caller's own (caller.h), and where only root may call at all, nobody
 * else's bytes are read.
 */
#ifndef AUDITFAIL_GATE_H
#define AUDITFAIL_GATE_H

#include "daemon/controld/auditd/task.h"
#include "daemon/controld/controld.h"
#include "daemon/server/connection.h"

struct identity *admission_identity(const struct connection *connection);

/*
 * Whether CONNECTION is auditfaild's: its group is that of the folder of our socket, and not root's. It may ask for the
 * state of the kernel, and for nothing else.
 */
bool admission_is_auditfaild(const struct connection *connection);

/* Answers with PermissionDenied where CONNECTION may not call the method being served; returns whether it did. */
bool admission_denies(struct connection *connection, const struct controld *controld, bool for_auditfaild);

/* Answers with NotIdentified, puts that on record, and ends the connection. SENDER: who sent it; 0: not known. */
void admission_mismatch(struct connection *connection, struct controld *controld, enum operation operation,
                        enum mismatch mismatch, pid_t sender);

/* For a service whose context is a struct controld. */
extern const struct connection_hooks admission_hooks;

#endif
