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
#include <stddef.h>
#include <sys/uio.h>

#include "daemon/auditfaild/report_decision.h"

#define JOURNAL_FIELDS_MAX 24

struct journal_entry {
        struct iovec fields[JOURNAL_FIELDS_MAX]; /* "NAME=value", followed by a NUL; the first one is MESSAGE */
        size_t count;
        char *text; /* holds the fields */
};

/* Makes the entry for DECISION. Returns 0 or -ENOMEM. */
int journal_entry_new(const struct decision *decision, struct journal_entry *ret);
void journal_entry_clear(struct journal_entry *entry);

/* Writes the entry to the journal; or, without JOURNAL or if that fails, its message to stderr. May block. */
void journal_write(const struct decision *decision, bool journal);

#endif
