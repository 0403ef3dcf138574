/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the output of several commands has in common. */
#ifndef AUDITFAILCTL_OUTPUT_H
#define AUDITFAILCTL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "client/common/text.h"

/* Columns that stdout has: of the terminal, or what COLUMNS says of it. 0: stdout is no terminal and has no limit. */
size_t output_width(void);

/* How the ACTION with that name is shown. */
enum emphasis output_action_emphasis(const char *action);

#endif
