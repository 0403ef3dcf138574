/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gathers the facts of a diagnosis. Nothing is executed, and nothing is changed. */
#ifndef AUDITFAILCTL_FACTS_H
#define AUDITFAILCTL_FACTS_H

#include "client/auditfailctl/doctor/diagnosis.h"

/* What holds for all subjects: this process and this machine. The other fields of *RET are zero. */
void facts_of_machine(struct diagnosis *ret);

/*
 * The facts about DIAGNOSIS->subject, a program, the number of a process, or a service. SYSTEMD is asked for at most
 * TIMEOUT_MS. Returns STATUS_OK, or another status, of which people were told.
 */
int facts_gather(struct diagnosis *diagnosis, int timeout_ms);

/* Puts the program PATH, which the subject starts, in the place of the one that DIAGNOSIS is about. */
void facts_use_helper(struct diagnosis *diagnosis, const char *path);

#endif
