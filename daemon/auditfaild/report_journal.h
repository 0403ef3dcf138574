/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes a decision as a journal entry; auditfaild(8) lists the fields.
 *
 * Callers write some of the text. So each byte that is not printable ASCII becomes \xNN, and a backslash \x5c: no
 * caller can forge a line, a field or a colour.
 */
#ifndef AUDITFAIL_REPORT_JOURNAL_H
#define AUDITFAIL_REPORT_JOURNAL_H

#include <stdbool.h>

#include "daemon/auditfaild/report_decision.h"

/*
 * Makes the entry for DECISION, as journald takes it: lines of "NAME=value", the first of them MESSAGE. The caller
 * frees it. NULL: no memory.
 */
char *journal_entry(const struct decision *decision);

/* Writes the entry to the journal; or, without JOURNAL or if that fails, its message to stderr. May block. */
void journal_write(const struct decision *decision, bool journal);

#endif
