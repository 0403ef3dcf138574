/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* auditfailctl reload. It is also the ExecReload= of auditfaild.service, and its output then goes to the journal. */
#ifndef AUDITFAILCTL_RELOAD_COMMAND_H
#define AUDITFAILCTL_RELOAD_COMMAND_H

#include "client/auditfailctl/cli/command.h"

#define RELOAD_TIMEOUT_MS 90000 /* reading the policy files may take long */

extern const struct command reload_command;

/*
 * Makes the daemon read all policy files again, and prints the new state or the problems. Returns STATUS_OK;
 * STATUS_FAILED if a file is bad, and the previous policy stays in force; or another status after an error message.
 */
int reload_policy(const struct settings *settings);

#endif
