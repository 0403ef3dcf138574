/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text that a new policy file starts with. */
#ifndef AUDITFAILCTL_TEMPLATE_H
#define AUDITFAILCTL_TEMPLATE_H

#include "client/auditfailctl/cli/command.h"

/*
 * Sets *RET to comments that say how a policy file is written and, if IN_FORCE, which policy of APPLICATION is in force
 * now and where it comes from. If no daemon answers, leaves the policy out, after an error message. The caller frees
 * *RET. Returns STATUS_OK, or another status after an error message.
 */
int template_make(const struct settings *settings, const char *application, bool in_force, char **ret);

#endif
