/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which file decides, as the end of a sentence for people. For the library that is preloaded and for PAM's module. */
#ifndef AUDITFAIL_REASON_H
#define AUDITFAIL_REASON_H

#include "auditfail.h"

#define REASON_MAX (sizeof(((struct auditfail_answer *)0)->file) + 64) /* bytes, with the NUL */

/*
 * "as /etc/auditfail/su.conf:9 says", "since /etc/auditfail/su.conf cannot be used", or "as the built-in default
 * says". Thread-safe, allocates nothing.
 */
void reason_write(const struct auditfail_answer *answer, char ret[static REASON_MAX]);

#endif
