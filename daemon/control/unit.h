/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd's units, over D-Bus. For workers: waits. */
#ifndef AUDITFAIL_UNIT_H
#define AUDITFAIL_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Starts the unit NAME and waits until systemd has done so, or DEADLINE_USEC (monotonic). Returns whether it has; WHY
 * (SIZE bytes) says what was wrong.
 */
bool unit_start(const char *name, uint64_t deadline_usec, char *why, size_t size);

#endif
