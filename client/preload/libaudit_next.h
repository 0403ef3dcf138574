/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The functions that stand behind ours: those of the libaudit that the program has. */
#ifndef AUDITFAIL_LIBAUDIT_NEXT_H
#define AUDITFAIL_LIBAUDIT_NEXT_H

#include <stdatomic.h>
#include <stdbool.h>

/*
 * The function NAME of libaudit, NULL where there is no libaudit. FOUND remembers it, and starts as NULL. The first
 * call looks for it: among the libraries that the program was started with, among those that a plug-in has brought, and
 * at last it loads libaudit. What was found stays loaded. Keeps errno, thread-safe.
 */
void *libaudit_next(const char *name, _Atomic(void *) *found);

/* The same for the C library's NAME. */
void *libc_next(const char *name, _Atomic(void *) *found);

/*
 * LIBAUDIT_NEXT(audit_open) is the next audit_open, as a pointer of its type.
 */
#define LIBAUDIT_NEXT(function) LOOK_UP_NEXT(libaudit_next, function)
#define LIBC_NEXT(function)     LOOK_UP_NEXT(libc_next, function)

#define LOOK_UP_NEXT(look_up, function)                                                                                \
        ({                                                                                                             \
                static _Atomic(void *) found_;                                                                         \
                (__typeof__(&(function)))look_up(#function, &found_);                                                  \
        })

/* Whether libaudit is in this process. Loads nothing. Keeps errno, thread-safe. */
bool libaudit_is_loaded(void);

#endif
