/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts about a lost record, and about the policy that decides. The preload library and PAM's module share them. */
#ifndef AUDITFAIL_ANSWER_TEXT_H
#define AUDITFAIL_ANSWER_TEXT_H

#include "auditfail.h"

#define SOURCE_TEXT_MAX (sizeof(((struct auditfail_answer *)0)->file) + 64) /* bytes, with the NUL */
#define CAUSE_TEXT_MAX  96 /* bytes, with the NUL; the longest text of glibc takes 49 */

/*
 * Where ANSWER comes from: "as /etc/auditfail/su.conf:9 says", "since /etc/auditfail/su.conf cannot be used (see:
 * auditfailctl check)", or "as the built-in default says without auditfaild and its snapshot". Thread-safe, allocates
 * nothing.
 */
void source_text(const struct auditfail_answer *answer, char ret[static SOURCE_TEXT_MAX]);

/*
 * Why a record is lost with ERROR (0: unknown): "refused: Operation not permitted", "dropped: auditing is switched
 * off". Thread-safe; takes no lock, reads no locale, allocates nothing.
 */
void cause_text(int error, char ret[static CAUSE_TEXT_MAX]);

/* The priority of syslog(3) for a lost record with the answer ACTION. auditfaild uses the same priorities. */
int answer_priority(enum auditfail_action action);

#endif
