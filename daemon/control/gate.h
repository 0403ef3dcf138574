/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who gets to say anything: every byte is the caller's own (caller.h), and where only root may call at all, nobody
 * else's bytes are read.
 */
#ifndef AUDITFAIL_GATE_H
#define AUDITFAIL_GATE_H

#include "controld.h"
#include "task.h"

struct identity *gate_identity(struct connection *connection);

/* Answers with NotIdentified, puts that on record, and ends the connection. SENDER: who sent it; 0: not known. */
void gate_mismatch(struct connection *connection, struct controld *controld, enum operation operation,
                   enum mismatch mismatch, pid_t sender);

/*
 * Puts on record that a request for OPERATION was refused: WHY, a word. As many as the user's limit allows; the log has
 * the others' number. Returns whether this was one.
 */
bool record_refusal(struct controld *controld, const struct caller *caller, bool identified, enum operation operation,
                    const char *why, const char *reason);

#endif
