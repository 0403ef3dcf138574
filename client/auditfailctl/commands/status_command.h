/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* auditfailctl status: the state of the daemon. */
#ifndef AUDITFAILCTL_STATUS_COMMAND_H
#define AUDITFAILCTL_STATUS_COMMAND_H

#include "client/auditfailctl/cli/command.h"

extern const struct command status_command;

#endif
