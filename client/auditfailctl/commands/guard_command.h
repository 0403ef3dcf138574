/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * auditfailctl guard: makes systemd refuse to stop auditd, because the audit trail would not name the person who did.
 * That takes a drop-in for auditd's unit, and one for the rules' unit, which auditd's unit requires since audit 4:
 * systemd stops auditd when it stops or restarts the rules' unit. Where polkit is installed, a polkit rule refuses
 * "systemctl kill" and "systemctl freeze" to administrators who are not root.
 *
 * The links lead to files that come with auditfail. When auditfail is removed, systemd and polkit ignore the links,
 * because they lead nowhere.
 */
#ifndef AUDITFAILCTL_GUARD_COMMAND_H
#define AUDITFAILCTL_GUARD_COMMAND_H

#include "client/auditfailctl/cli/command.h"

extern const struct command guard_command;

#endif
