/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A request to auditfail-controld, from the connection to the last reply. */
#ifndef AUDITCTL_CONTROL_CALL_H
#define AUDITCTL_CONTROL_CALL_H

#include "client/auditctl/command_line.h"

/* Sends the request in SETTINGS, prints its progress, and returns its outcome. */
int control_call(const struct settings *settings);

#endif
