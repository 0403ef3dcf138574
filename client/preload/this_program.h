/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What there is to know of the program that we are loaded into. Asked only when a record was lost: before that, all
 * that happens is that the constructor reads three variables of the environment, and the program's name. They are read
 * then since programs such as login, sshd and cron later change their environment or their name, or write over it.
 *
 *      LD_PRELOAD             whether this program is to have us, or every program has, by /etc/ld.so.preload
 *      AUDITFAIL_APPLICATION  whose policy counts, a name or a file as audit_failure_action() takes it
 *      AUDITFAIL_EXIT_STATUS  of a program that is stopped: exit_status.h
 *
 * A program with more rights than its caller (setuid, file capabilities) does not take them.
 *
 * Everything here is thread-safe, and may be called before the constructors of this library.
 */
#ifndef AUDITFAIL_THIS_PROGRAM_H
#define AUDITFAIL_THIS_PROGRAM_H

#include <stdbool.h>

#include "protocol/vocabulary.h"

/* Whose policy counts here: a valid name. */
void process_application(char ret[static APPLICATION_NAME_MAX + 1]);

/* Whether AUDITFAIL_APPLICATION says so. */
bool process_is_named(void);

/*
 * Whether somebody has put us before this program in particular, or before one that has started it: `auditfailctl run`,
 * a unit's LD_PRELOAD or AUDITFAIL_APPLICATION.
 */
bool process_is_singled_out(void);

int process_exit_status(void);

/*
 * Whether a lost record is none of our business: process 1, which must not end; a program that asks the policy itself;
 * a daemon of ours, which says so by exporting the symbol auditfail_preload_leaves_alone; auditd, which is audit.
 */
bool process_left_alone(void);

#endif
