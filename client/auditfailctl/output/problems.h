/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints problems of policy files, and converts them to JSON. */
#ifndef AUDITFAILCTL_PROBLEMS_H
#define AUDITFAILCTL_PROBLEMS_H

#include "client/auditfailctl/cli/command.h"
#include "client/common/reader.h"
#include "daemon/policy/diagnostic.h"

/* Prints the array "problems" of REPLY to stderr, and how many were "omitted". reply->fault names a faulty member. */
void problems_print_reply(const struct settings *settings, struct reader *reply);

/* Prints all of LIST to stderr. */
void problems_print(const struct settings *settings, const struct diagnostics *list);

/* Returns LIST as an array of type Problem of the interface. The caller puts it. */
struct json_object *problems_json(const struct diagnostics *list);

#endif
