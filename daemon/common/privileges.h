/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a daemon may do: the few capabilities that it is for, if it was started with them, and nothing else. */
#ifndef AUDITFAIL_PRIVILEGES_H
#define AUDITFAIL_PRIVILEGES_H

#include <stdint.h>

/*
 * Gives up everything but the capabilities KEEP (a mask: 1 << CAP_…), for good: bounding, inheritable and ambient sets,
 * supplementary groups, whatever a setuid program could add. When started as root, becomes USER first (NULL:
 * DAEMON_USER; "root": stays root, and has no other capabilities all the same). Returns 0 or a negative errno; what
 * failed is logged.
 */
int privileges_drop(const char *user, uint64_t keep);

/*
 * The capabilities that the process has, one by one: *CURSOR is 0 at first. Returns the next one's name
 * ("audit_write"), or NULL after the last.
 */
const char *privileges_next(unsigned *cursor);

/* Logs uid, gid and capabilities. */
void privileges_log(void);

#endif
