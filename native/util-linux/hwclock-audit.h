/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file of hwclock: what it means that the record of a change cannot be written. The administrator decides that. */
#ifndef HWCLOCK_AUDIT_H
#define HWCLOCK_AUDIT_H

#include <stdbool.h>

/*
 * May hwclock change a clock? Asked before it does, because its record comes last. FD is what audit_open() has
 * returned, and ERROR its errno. Prints why not.
 */
bool hwaudit_allows(int fd, int error);

/* audit_log_user_message(), for the record at the end. Ends hwclock if it must not lose the record. */
int hwaudit_log(int fd, int type, const char *message, const char *hostname, const char *addr, const char *tty,
                int result);

#endif
