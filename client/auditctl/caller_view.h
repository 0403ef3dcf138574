/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints type Caller of the interface. */
#ifndef AUDITCTL_CALLER_VIEW_H
#define AUDITCTL_CALLER_VIEW_H

#include "client/common/reader.h"

/* Returns "alice (auid 1000, session 4) on pts/0, through uid 0", safe to print. The caller frees it. */
char *caller_text(struct reader *caller);

/* Prints all members of CALLER to stdout, one a line. */
void caller_print(struct reader *caller);

#endif
