/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gathers the facts of a diagnosis. Nothing is executed, and nothing is changed. */
#ifndef AUDITFAILCTL_FACTS_H
#define AUDITFAILCTL_FACTS_H

#include "client/auditfailctl/doctor/diagnosis.h"

/*
 * Gathers the facts about SUBJECT: a program, the number of a process, or a service. Waits at most TIMEOUT_MS for
 * systemd. Returns STATUS_OK, or another status after an error message. The caller clears *RET.
 */
int facts_gather(const char *subject, int timeout_ms, struct diagnosis *ret);

/* Gathers the facts about PATH, a program that the subject starts, in place of those about the subject itself. */
void facts_use_helper(struct diagnosis *diagnosis, const char *path);

#endif
