/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A decision as an entry of the journal: auditfaild(8) lists the fields.
 *
 * What a caller wrote is in there, so every byte that is no printable ASCII comes out as \xNN (and a backslash as
 * \x5c): no line, field or colour can be forged.
 */
#ifndef AUDITFAIL_REPORT_JOURNAL_H
#define AUDITFAIL_REPORT_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "daemon/auditfaild/report_decision.h"

#define JOURNAL_FIELDS_MAX 24

struct journal_entry {
        struct iovec fields[JOURNAL_FIELDS_MAX]; /* "NAME=value" each, and a NUL after it; MESSAGE comes first */
        size_t count;
        char *text; /* that they lie in */
};

/* The entry for DECISION. Returns 0 or -ENOMEM. */
int journal_entry_new(const struct decision *decision, struct journal_entry *ret);
void journal_entry_clear(struct journal_entry *entry);

/* Writes the entry, to the journal or as one line to stderr (where the journal does not take it, also). May block. */
void journal_write(const struct decision *decision, bool journal);

#endif
