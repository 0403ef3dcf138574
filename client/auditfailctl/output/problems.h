/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Problems of policy files: from the wire to the eye, and from our own check to JSON. */
#ifndef AUDITFAILCTL_PROBLEMS_H
#define AUDITFAILCTL_PROBLEMS_H

#include "client/auditfailctl/cli/command.h"
#include "client/common/reader.h"
#include "daemon/policy/diagnostic.h"

/*
 * Prints the array "problems" of REPLY, and how many were "omitted", to stderr. What is wrong with REPLY itself is left
 * in reply->fault.
 */
void problems_print_reply(const struct settings *settings, struct reader *reply);

/* Prints all of LIST to stderr. */
void problems_print(const struct settings *settings, const struct diagnostics *list);

/* LIST as an array of type Problem of the interface. The caller puts it. */
struct json_object *problems_json(const struct diagnostics *list);

#endif
