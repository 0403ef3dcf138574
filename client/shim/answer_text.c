/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/shim/answer_text.h"

#include <stdio.h>
#include <string.h>
#include <sys/syslog.h>

#include "protocol/vocabulary.h"

void reason_write(const struct auditfail_answer *answer, char ret[static REASON_MAX]) {
        if (!answer->file[0])
                snprintf(ret, REASON_MAX, "as the built-in default says");
        else if (answer->line == 0)
                snprintf(ret, REASON_MAX, "since %s cannot be used", answer->file);
        else
                snprintf(ret, REASON_MAX, "as %s:%u says", answer->file, answer->line);
}

void reason_why(int error, char ret[static REASON_WHY_MAX]) {
        const char *text = strerrordesc_np(error);

        if (error == 0)
                snprintf(ret, REASON_WHY_MAX, "refused for a reason not known");
        else if (error == ERROR_DISABLED)
                snprintf(ret, REASON_WHY_MAX, "dropped: auditing is switched off");
        else if (error == ERROR_EXCLUDED)
                snprintf(ret, REASON_WHY_MAX, "dropped: an audit rule excludes it");
        else if (error == ERROR_LOST)
                snprintf(ret, REASON_WHY_MAX, "lost: no room in the kernel's queue, or its rate limit");
        else
                snprintf(ret, REASON_WHY_MAX, "refused: %s", text ? text : "unknown error");
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
