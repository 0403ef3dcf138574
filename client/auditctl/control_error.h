/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints the errors of the interface: what happened, whether auditd received the signal, what to do next. */
#ifndef AUDITCTL_CONTROL_ERROR_H
#define AUDITCTL_CONTROL_ERROR_H

#include <json.h>

#include "client/auditctl/command_line.h"

/*
 * Prints the error reply NAME ("io.auditfail.Control.Busy") with PARAMETERS to stderr, and with --json also to stdout.
 * Returns the outcome.
 */
int control_error_show(const struct settings *settings, const char *name, struct json_object *parameters);

#endif
