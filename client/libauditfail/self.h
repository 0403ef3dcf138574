/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the stub knows of the process that it is in. The environment is read once, when the library is loaded: getenv()
 * later on could meet a setenv() of another thread, and is not for signal handlers.
 */
#ifndef AUDITFAIL_SELF_H
#define AUDITFAIL_SELF_H

#include <stdbool.h>

#include "client/libauditfail/exchange.h"
#include "protocol/vocabulary.h"

struct self {
        char folder[EXCHANGE_FOLDER_MAX + 1];   /* of the daemon's socket and of the snapshot */
        char program[APPLICATION_NAME_MAX + 1]; /* of a program with more rights than its caller; "": not known */
        bool secure;                            /* this is one */
        bool learned;
};

/* Nothing in it changes after the first call. Thread-safe, async-signal-safe; keeps errno. */
const struct self *self_get(void);

#endif
