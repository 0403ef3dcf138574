/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* auditfailctl list: every application that has a policy. */
#ifndef AUDITFAILCTL_LIST_COMMAND_H
#define AUDITFAILCTL_LIST_COMMAND_H

#include "client/auditfailctl/cli/command.h"

extern const struct command list_command;

#endif
