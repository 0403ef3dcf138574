/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A decision (type Decision of the interface) as one line, the same in monitor and history. */
#ifndef AUDITFAILCTL_DECISION_H
#define AUDITFAILCTL_DECISION_H

#include "client/auditfailctl/cli/command.h"
#include "client/common/reader.h"

/* Prints the beginning of a line: when, and WHAT happened. */
void decision_print_head(const struct settings *settings, int64_t time, const char *what, const char *subject);

/* Prints DECISION, made at TIME, as a line. Prints nothing where it is not as promised: decision->fault says so then.
 */
void decision_print(const struct settings *settings, int64_t time, struct reader *decision);

#endif
