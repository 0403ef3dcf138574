/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A Caller of the protocol, for people. */
#ifndef AUDITCTL_CALLER_VIEW_H
#define AUDITCTL_CALLER_VIEW_H

#include "client/common/reader.h"

/* "alice (auid 1000, session 4) on pts/0, through uid 0", safe to show. The caller frees it. */
char *caller_text(struct reader *caller);

/* All that is known of CALLER, a thing a line, to stdout. */
void caller_print(struct reader *caller);

#endif
