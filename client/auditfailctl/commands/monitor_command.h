/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* auditfailctl monitor: decisions and reloads as they happen, a line each, until a signal or the daemon ends it. */
#ifndef AUDITFAILCTL_MONITOR_COMMAND_H
#define AUDITFAILCTL_MONITOR_COMMAND_H

#include "client/auditfailctl/cli/command.h"

extern const struct command monitor_command;

#endif
