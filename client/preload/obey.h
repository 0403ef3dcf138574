/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks the policy and obeys it. If the program is to go on, these functions return. If it is to stop, they end its
 * process, with a line on stderr and this_program_exit_status().
 *
 * An ordinary user's process (common_user.h) can never write a record, and libaudit hides that from the process. So
 * only the rules of preload_common() (preload_rules.h) apply to it.
 *
 * Every function keeps errno, allocates nothing, is thread-safe and no cancellation point. It may be called in a child
 * of fork() and vfork(), in constructors and in exit handlers.
 */
#ifndef AUDITFAIL_OBEY_H
#define AUDITFAIL_OBEY_H

/*
 * No record is lost yet, but OPERATION has found that the kernel would refuse or drop records with ERROR. If the
 * program is to go on, nothing is reported: each lost record will be.
 */
void obey_ahead(const char *operation, int error);

/*
 * A record of the type RECORD (NULL: all that would follow) is lost: OPERATION failed with ERROR (0: unknown). Reports
 * the loss once.
 */
void obey_loss(const char *operation, const char *record, int error);

#endif
