/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text that tells a person about a lost record, and what happens to the program. */
#ifndef AUDITFAIL_LOSS_TEXT_H
#define AUDITFAIL_LOSS_TEXT_H

#include "auditfail.h"

#define LOSS_TEXT_MAX 640 /* bytes, with the NUL */

/*
 * Writes "useradd: audit record ADD_USER refused: Operation not permitted; stopped, as /etc/auditfail/useradd.conf:9
 * says": printable ASCII, without a newline. Thread-safe, allocates nothing.
 */
void loss_text(const struct auditfail_question *question, const struct auditfail_answer *answer,
               char ret[static LOSS_TEXT_MAX]);

/* Replaces each byte that is no printable ASCII by "?". The caller of a program chooses names that reach logs. */
void make_printable(char *text);

#endif
