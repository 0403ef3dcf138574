/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reason.h"

#include <stdio.h>
#include <sys/syslog.h>

void reason_write(const struct auditfail_answer *answer, char ret[static REASON_MAX]) {
        if (!answer->file[0])
                snprintf(ret, REASON_MAX, "as the built-in default says");
        else if (answer->line == 0)
                snprintf(ret, REASON_MAX, "since %s cannot be used", answer->file);
        else
                snprintf(ret, REASON_MAX, "as %s:%u says", answer->file, answer->line);
}

int reason_priority(enum auditfail_action action) {
        switch (action) {
        case AUDITFAIL_IGNORE:
                return LOG_INFO;
        case AUDITFAIL_LOG:
                return LOG_WARNING;
        default: /* AUDITFAIL_TERMINATE, and what a later daemon may say */
                return LOG_ERR;
        }
}
