/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The errors of the protocol, as one line each: what happened, whether auditd was told anything, what to do next. */
#ifndef AUDITCTL_CONTROL_ERROR_H
#define AUDITCTL_CONTROL_ERROR_H

#include <json.h>

#include "client/auditctl/command_line.h"

/*
 * Complains about the error NAME ("io.auditfail.Control.Busy") with PARAMETERS, which the service has answered with;
 * with
 * --json prints it, too. Returns the outcome.
 */
int control_error_show(const struct settings *settings, const char *name, struct json_object *parameters);

#endif
