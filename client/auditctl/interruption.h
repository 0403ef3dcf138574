/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ctrl-C, and the other signals by which a person says "leave it": as a descriptor, so that none comes in between. */
#ifndef AUDITCTL_INTERRUPTION_H
#define AUDITCTL_INTERRUPTION_H

#include <stdbool.h>

/*
 * SIGINT, SIGTERM and SIGHUP, but for those that are ignored (nohup, a shell's background jobs), do not end this
 * program from now on: they make the descriptor that is returned readable. Returns a negative errno where that is
 * impossible.
 */
int interruption_open(void);

/* Takes one from the descriptor. Returns whether there was one. */
bool interruption_take(int fd);

/* For a child before it executes another program: signals as this program has found them. */
void interruption_undo(void);

#endif
