/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One request to auditfail-controld, from the connection to the last answer. */
#ifndef AUDITCTL_CONTROL_CALL_H
#define AUDITCTL_CONTROL_CALL_H

#include "client/auditctl/command_line.h"

/* Carries out what SETTINGS say, shows how it goes, and returns the outcome. */
int control_call(const struct settings *settings);

#endif
