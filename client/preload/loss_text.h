/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What has happened, and what becomes of it, in one sentence for people. */
#ifndef AUDITFAIL_SENTENCE_H
#define AUDITFAIL_SENTENCE_H

#include <stddef.h>

#include "auditfail.h"

#define SENTENCE_MAX 640 /* bytes, with the NUL */

/*
 * "useradd: audit record ADD_USER refused: Operation not permitted; stopped, as /etc/auditfail/useradd.conf:9 says":
 * of printable ASCII, without a newline. Returns its length. Thread-safe, allocates nothing.
 */
size_t sentence_write(const struct auditfail_question *question, const struct auditfail_answer *answer,
                      char ret[static SENTENCE_MAX]);

/* Replaces what is no printable ASCII by "?": names reach us from callers, and go onto terminals and into logs. */
void make_printable(char *text);

#endif
