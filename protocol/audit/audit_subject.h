/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What audit rules look at in any process, from /proc. (audit_state.h knows this one's by itself.) */
#ifndef AUDITFAIL_AUDIT_SUBJECT_H
#define AUDITFAIL_AUDIT_SUBJECT_H

#include <limits.h>

#include "protocol/audit/audit_filter.h"

/*
 * Reads process PID. EXE has room for the path that RET points to. What cannot be read counts as not known; returns
 * -ESRCH where not even the user can be read.
 */
int audit_subject_read(pid_t pid, char exe[static PATH_MAX], struct audit_subject *ret);

#endif
