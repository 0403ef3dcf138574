/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks the policy, and does what it says. Who comes back from one of these is to go on; a program that is to stop does
 * not: its process ends, with a line on stderr and the exit status of process.h.
 *
 * A common user's process (common_user.h) never could write a record, and libaudit hides that from it. The default
 * policy does not count there, nor does any in a setuid or setgid program. Where neither auditfaild nor its snapshot
 * answers, one that nobody singled out (process.h) goes on, and what it loses is reported.
 *
 * Everything here keeps errno, allocates nothing, is thread-safe, no cancellation point, and may be called in a child
 * of fork() and vfork(), in constructors and in exit handlers.
 */
#ifndef AUDITFAIL_OBEY_H
#define AUDITFAIL_OBEY_H

/*
 * Records would be refused with ERROR, as OPERATION found out before anything was lost. Nothing is reported where the
 * program is to go on: each record will be, if there are any.
 */
void obey_ahead(const char *operation, int error);

/*
 * A record of the type named RECORD (NULL: all that would follow) is lost: OPERATION has failed with ERROR (0: not
 * known). It is reported once.
 */
void obey_loss(const char *operation, const char *record, int error);

#endif
