/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* auditfailctl explain: the search for a policy, step by step, and its result. */
#ifndef AUDITFAILCTL_EXPLAIN_COMMAND_H
#define AUDITFAILCTL_EXPLAIN_COMMAND_H

#include "client/auditfailctl/cli/command.h"

extern const struct command explain_command;

#endif
