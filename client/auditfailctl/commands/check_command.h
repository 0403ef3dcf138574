/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * auditfailctl check: applies the daemon's rules to policy files, without the daemon. For an editor, the build of a
 * package, CI. Run by root, it reads with the rights of the daemon's user. Folders above a tree or a
 * draft are opened with the caller's own rights, because the daemon need not reach them.
 */
#ifndef AUDITFAILCTL_CHECK_COMMAND_H
#define AUDITFAILCTL_CHECK_COMMAND_H

#include "client/auditfailctl/cli/command.h"

extern const struct command check_command;

#endif
