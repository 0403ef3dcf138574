/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A lost record goes on record by us where auditfaild, whose business it is, did not answer. */
#ifndef AUDITFAIL_LOSS_LOG_H
#define AUDITFAIL_LOSS_LOG_H

#include <stdbool.h>

#include "auditfail.h"

/*
 * One entry in the journal, with the fields that auditfaild's entries have, so that `auditfailctl history` finds it;
 * or, where there is no journald, a line to /dev/log. SENTENCE says it to people. False when neither takes it. Waits no
 * longer than a second for each; thread-safe, allocates nothing; may change errno. Behind chroot() it takes the way
 * that was kept, and no other.
 */
bool report(const struct auditfail_question *question, const struct auditfail_answer *answer, const char *sentence);

/* In front of chroot(): keeps a way open to the journal, or to syslog without one (libauditfail's keep.h). */
void report_keep_way(void);

#endif
