/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Facts about the process that the library is in. They are read when the library is loaded: later, getenv() could race
 * with setenv() in another thread, and it is not async-signal-safe.
 */
#ifndef AUDITFAIL_SELF_H
#define AUDITFAIL_SELF_H

#include <stdbool.h>

#include "client/libauditfail/exchange.h"
#include "protocol/vocabulary.h"

struct self {
        char folder[EXCHANGE_FOLDER_MAX + 1];   /* of the daemon's socket and of the snapshot */
        char program[APPLICATION_NAME_MAX + 1]; /* the executed file of a SECURE program; "": unknown */
        bool secure;                            /* AT_SECURE: the program has more rights than its caller */
        bool learned;
};

/* The facts never change after the first call. Thread-safe, async-signal-safe; keeps errno. */
const struct self *self_get(void);

#endif
