/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a program or library does that asks by itself: nothing, while audit works. */
#ifndef AUDITFAIL_TEST_ASK_ITSELF_H
#define AUDITFAIL_TEST_ASK_ITSELF_H

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "auditfail.h"

#define OWN_STATUS 3

/* RESULT is what OPERATION of libaudit has returned; below 1, it is asked about and the answer obeyed. */
static inline int checked(const char *operation, int result) {
        const struct auditfail_question question = { .operation = operation, .error = result < -1 ? -result : errno };

        if (result > 0)
                return result;
        if (auditfail_ask(&question, NULL) == AUDITFAIL_TERMINATE) {
                dprintf(STDERR_FILENO, "stopped by itself at %s\n", operation);
                _exit(OWN_STATUS);
        }
        return result;
}

#endif
