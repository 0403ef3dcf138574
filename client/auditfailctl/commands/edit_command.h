/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * auditfailctl edit: changes policy files in an editor, as visudo(8) changes its file. A text with an error never
 * becomes a policy file. If the reload fails, the old file is put back.
 */
#ifndef AUDITFAILCTL_EDIT_COMMAND_H
#define AUDITFAILCTL_EDIT_COMMAND_H

#include "client/auditfailctl/cli/command.h"

extern const struct command edit_command;

#endif
