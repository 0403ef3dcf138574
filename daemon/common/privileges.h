/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reduces a daemon's privileges to the few capabilities that it needs. */
#ifndef AUDITFAIL_PRIVILEGES_H
#define AUDITFAIL_PRIVILEGES_H

#include <stdint.h>

/*
 * Gives up all privileges but the capabilities KEEP (a mask: 1 << CAP_…), for good: bounding, inheritable and ambient
 * sets, supplementary groups, and what a setuid program could add. A process of root becomes USER (NULL: DAEMON_USER;
 * "root": it stays root, without other capabilities). Returns 0 or a negative errno, logged.
 */
int privileges_drop(const char *user, uint64_t keep);

/* Returns the name of the process's next capability ("audit_write"), or NULL. *CURSOR is 0 before the first call. */
const char *privileges_next(unsigned *cursor);

/* Logs uid, gid and capabilities. */
void privileges_log(void);

#endif
