/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The log entry about a lost record. auditfaild writes it. If auditfaild did not answer, this library does. */
#ifndef AUDITFAIL_LOSS_LOG_H
#define AUDITFAIL_LOSS_LOG_H

#include <stdbool.h>

#include "auditfail.h"

/*
 * Writes TEXT as an entry into the journal, with the fields of auditfaild's entries, so that `auditfailctl history`
 * finds it. Returns false if there is no journald. Waits at most a second. After chroot(), uses only the connection
 * that loss_log_keep() has kept. Thread-safe, allocates nothing; may change errno.
 */
bool loss_log_write(const struct auditfail_question *question, const struct auditfail_answer *answer, const char *text);

/* Before chroot(): keeps a connection to the journal (kept_fd.h). */
void loss_log_keep(void);

#endif
