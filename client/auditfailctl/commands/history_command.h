/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * auditfailctl history: decisions from the journal.
 *
 * Every program can write entries with our message id and fields into the journal. Only journald writes the fields that
 * begin with "_". History believes entries of the daemon's unit, of its user, and of root, who can forge anything.
 */
#ifndef AUDITFAILCTL_HISTORY_COMMAND_H
#define AUDITFAILCTL_HISTORY_COMMAND_H

#include "client/auditfailctl/cli/command.h"

extern const struct command history_command;

#endif
