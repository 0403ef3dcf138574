/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loads the audit rules with auditd's own tools: augenrules(8), or auditctl(8) where there is no /etc/audit/rules.d. */
#ifndef AUDITFAIL_RULES_H
#define AUDITFAIL_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Loads the rules. The kernel records each change under the login of this process. Returns whether the tool succeeded;
 * OUTPUT (SIZE bytes) is the end of the tool's output, or says what failed. Kills the tool at DEADLINE_USEC
 * (monotonic). ROOT is "": the tools and /etc/audit are below it; tests have another.
 */
bool rules_load(const char *root, uint64_t deadline_usec, char *output, size_t size);

#endif
