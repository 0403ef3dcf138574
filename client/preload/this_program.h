/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The program that this library is loaded into. At the start of the program, the constructor reads three variables of
 * the environment and the program's name. login, sshd, cron and others change them later. Everything else is found
 * out only when a record is lost.
 *
 *      LD_PRELOAD             whether the library was loaded into this program, or by /etc/ld.so.preload into all
 *      AUDITFAIL_APPLICATION  whose policy applies: a name or a file as audit_failure_action() takes it
 *      AUDITFAIL_EXIT_STATUS  of a program that the library stops: exit_status.h
 *
 * A program with more rights than its caller (setuid, file capabilities) ignores all three.
 *
 * Everything here is thread-safe, and may be called before the constructors of this library.
 */
#ifndef AUDITFAIL_THIS_PROGRAM_H
#define AUDITFAIL_THIS_PROGRAM_H

#include <stdbool.h>

#include "client/shim/preload_rules.h"

/* The facts that never change. Without process_1 and refuses; executable is "". */
const struct preload_facts *this_program(void);

/* Whose policy applies here: a valid name. */
void this_program_application(char ret[static APPLICATION_NAME_MAX + 1]);

int this_program_exit_status(void);

/*
 * Whether the program's own file asks by itself (asks_itself.h), whatever its libraries do. Such a program looks ahead
 * itself where it needs to. Makes no system call.
 */
bool this_program_asks_itself(void);

/* Whether preload_rest() says that the library does nothing here. */
bool this_program_is_left_alone(void);

#endif
