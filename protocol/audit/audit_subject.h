/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the attributes of any process that audit rules evaluate, from /proc. */
#ifndef AUDITFAIL_AUDIT_SUBJECT_H
#define AUDITFAIL_AUDIT_SUBJECT_H

#include <limits.h>

#include "protocol/audit/audit_filter.h"

/*
 * Reads process PID. RET->exe points to EXE. Attributes that cannot be read are unknown. Returns 0, or -ESRCH if not
 * even the user can be read.
 */
int audit_subject_read(pid_t pid, char exe[static PATH_MAX], struct audit_subject *ret);

#endif
