/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * auditfailctl run: loads libauditfail-preload.so into a program, and becomes that program. Like env(1) and nohup(1),
 * it ends with 125, 126 or 127 if it fails: statuses that few programs use.
 *
 * The user relies on the library. Run refuses a program that would certainly not load it. It only warns where programs
 * that the program starts may still load it.
 */
#ifndef AUDITFAILCTL_RUN_COMMAND_H
#define AUDITFAILCTL_RUN_COMMAND_H

#include "client/auditfailctl/cli/command.h"

extern const struct command run_command;

#endif
