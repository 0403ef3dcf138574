/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SIGINT, SIGTERM and SIGHUP as a descriptor, so that none is lost between two system calls. */
#ifndef AUDITCTL_INTERRUPTION_H
#define AUDITCTL_INTERRUPTION_H

#include <stdbool.h>

/*
 * Blocks these signals. Each then makes the returned descriptor readable. Signals that are ignored (nohup, background
 * jobs of a shell) stay ignored. Returns a negative errno on failure.
 */
int interruption_open(void);

/* Reads a signal from FD. Returns whether there was one. */
bool interruption_take(int fd);

/* Undoes interruption_open(). For a child, before it executes another program. */
void interruption_undo(void);

#endif
