/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* auditfailctl reload. It is also the ExecReload= of auditfaild.service, and its output then goes to the journal. */
#ifndef AUDITFAILCTL_RELOAD_COMMAND_H
#define AUDITFAILCTL_RELOAD_COMMAND_H

#include "client/auditfailctl/cli/command.h"

extern const struct command reload_command;

#endif
