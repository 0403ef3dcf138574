/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The functions that this library replaces: those of the libaudit that the program has, and of the C library. */
#ifndef AUDITFAIL_LIBAUDIT_NEXT_H
#define AUDITFAIL_LIBAUDIT_NEXT_H

#include <stdatomic.h>
#include <stdbool.h>

/*
 * The function NAME of libaudit; NULL without libaudit. FOUND stores the result, and starts as NULL. The first call
 * searches the libraries of the program, then those that plug-ins have brought, and then loads libaudit. The library
 * stays loaded. Keeps errno, thread-safe.
 */
void *libaudit_next(const char *name, _Atomic(void *) *found);

/* LIBAUDIT_NEXT(audit_open) is a pointer to libaudit's audit_open(), of the right type. */
#define LIBAUDIT_NEXT(function)                                                                                        \
        ({                                                                                                             \
                static _Atomic(void *) found_;                                                                         \
                (__typeof__(&(function)))libaudit_next(#function, &found_);                                            \
        })

/* The same for the C library's NAME, which every program has. Searches anew each time. */
void *libc_next(const char *name);
#define LIBC_NEXT(function) ((__typeof__(&(function)))libc_next(#function))

/* Whether this process has libaudit. Loads nothing. Keeps errno, thread-safe. */
bool libaudit_is_loaded(void);

#endif
