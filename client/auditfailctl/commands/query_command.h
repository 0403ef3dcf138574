/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * auditfailctl query: what a program would be told. It asks through libauditfail, so the snapshot and the built-in
 * answer count here as they do for programs. With --socket it asks that daemon itself, and nothing stands in for it.
 */
#ifndef AUDITFAILCTL_QUERY_COMMAND_H
#define AUDITFAILCTL_QUERY_COMMAND_H

#include "client/auditfailctl/cli/command.h"

extern const struct command query_command;

#endif
