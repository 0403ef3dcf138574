/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs and libraries that ask for the policy by themselves, when their own call of libaudit fails. They are known
 * by their dynamic symbols. It does not matter whether libauditfail or libaudit has the functions. A program that finds
 * them with dlsym(3) is not known.
 */
#ifndef AUDITFAIL_ASKS_ITSELF_H
#define AUDITFAIL_ASKS_ITSELF_H

#include <stdbool.h>

/* The functions that ask, a list that NULL ends. */
extern const char *const asking_functions[];

/*
 * Whether the program or library that is loaded at ADDRESS asks by itself. Called with the return address of a
 * function, it tells this about the caller of the function. Makes no system call, takes no lock, allocates nothing.
 * Async-signal-safe.
 */
bool asks_itself(void *address);

#endif
