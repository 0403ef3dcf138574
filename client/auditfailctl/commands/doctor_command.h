/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * auditfailctl doctor: collects the facts about each program, process and service, asks for its policy ahead of a loss,
 * so that nothing is reported, and draws conclusions. It executes nothing and changes nothing.
 */
#ifndef AUDITFAILCTL_DOCTOR_COMMAND_H
#define AUDITFAILCTL_DOCTOR_COMMAND_H

#include "client/auditfailctl/cli/command.h"

extern const struct command doctor_command;

#endif
