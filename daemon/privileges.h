/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the daemon may do: CAP_AUDIT_WRITE, if it was started with that, and nothing else. */
#ifndef AUDITFAIL_PRIVILEGES_H
#define AUDITFAIL_PRIVILEGES_H

#include <stdbool.h>

/*
 * Gives up everything but CAP_AUDIT_WRITE, for good: bounding, inheritable and ambient sets, supplementary groups,
 * whatever a setuid program could add. When started as root, becomes USER first (NULL: PRIVILEGES_USER; "root": stays
 * root, and has no capabilities all the same). Returns 0 or a negative errno; what failed is logged.
 */
#define PRIVILEGES_USER "auditfail"
int privileges_drop(const char *user);

/*
 * The capabilities that the process has, one by one: *CURSOR is 0 at first. Returns the next one's name
 * ("audit_write"), or NULL after the last.
 */
const char *privileges_next(unsigned *cursor);

#endif
