/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints type Decision of the interface as one line, for monitor and history. */
#ifndef AUDITFAILCTL_DECISION_H
#define AUDITFAILCTL_DECISION_H

#include "client/auditfailctl/cli/command.h"
#include "client/common/reader.h"

/* Prints the beginning of a line: TIME, WHAT, SUBJECT. */
void decision_print_head(const struct settings *settings, int64_t time, const char *what, const char *subject);

/*
 * Prints DECISION, made at TIME, as a line. If a member is faulty, prints nothing, and decision->fault names the
 * member.
 */
void decision_print(const struct settings *settings, int64_t time, struct reader *decision);

#endif
