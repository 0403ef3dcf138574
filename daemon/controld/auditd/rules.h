/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The audit rules, loaded by the tools that come with auditd: augenrules(8), or auditctl -R where there are no parts.
 */
#ifndef AUDITFAIL_RULES_H
#define AUDITFAIL_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Loads them; whatever that changes is recorded under the login of this process. Returns whether the tool succeeded;
 * OUTPUT (SIZE bytes) is the end of what it said, or what was wrong. Kills the tool at DEADLINE_USEC (monotonic).
 */
bool rules_load(uint64_t deadline_usec, char *output, size_t size);

#endif
