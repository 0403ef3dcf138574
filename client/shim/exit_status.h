/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a program that is stopped exits: AUDITFAIL_EXIT_STATUS in its environment, --exit-status of auditfailctl run. */
#ifndef AUDITFAIL_EXIT_STATUS_H
#define AUDITFAIL_EXIT_STATUS_H

#define EXIT_STATUS_DEFAULT 77 /* EX_NOPERM of sysexits(3) */
#define EXIT_STATUS_MAX     255

/* The exit status that WORD asks for, 1 to EXIT_STATUS_MAX; 0 where it is none. May change errno. */
int exit_status_from_word(const char *word);

#endif
