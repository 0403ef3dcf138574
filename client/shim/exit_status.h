/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Exit status of a program that the policy stops: AUDITFAIL_EXIT_STATUS, and auditfailctl run --exit-status. */
#ifndef AUDITFAIL_EXIT_STATUS_H
#define AUDITFAIL_EXIT_STATUS_H

#include <stdlib.h>

#define EXIT_STATUS_DEFAULT 77 /* EX_NOPERM of sysexits(3) */
#define EXIT_STATUS_MAX     255

/* Returns the number in WORD, from 1 to EXIT_STATUS_MAX; 0 if WORD is anything else. May change errno. */
static inline int exit_status_from_word(const char *word) {
        char *end;
        long number = strtol(word, &end, 10);

        return end != word && !*end && number >= 1 && number <= EXIT_STATUS_MAX ? (int)number : 0;
}

#endif
