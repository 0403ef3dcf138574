/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/shim/answer_text.h"

#include <stdio.h>
#include <string.h>
#include <sys/syslog.h>

#include "protocol/vocabulary.h"

void source_text(const struct auditfail_answer *answer, char ret[static SOURCE_TEXT_MAX]) {
        if (!answer->file[0])
                snprintf(ret, SOURCE_TEXT_MAX, "as the built-in default says without %s",
                         answer->via == AUDITFAIL_VIA_BUILTIN ? "auditfaild and its snapshot" : "a policy file");
        else if (answer->line == 0)
                snprintf(ret, SOURCE_TEXT_MAX, "since %s cannot be used (see: auditfailctl check)", answer->file);
        else
                snprintf(ret, SOURCE_TEXT_MAX, "as %s:%u says", answer->file, answer->line);
}

void cause_text(int error, char ret[static CAUSE_TEXT_MAX]) {
        const char *text = strerrordesc_np(error);

        if (error == 0)
                snprintf(ret, CAUSE_TEXT_MAX, "refused for a reason not known");
        else if (error == ERROR_DISABLED)
                snprintf(ret, CAUSE_TEXT_MAX, "dropped: auditing is switched off");
        else if (error == ERROR_EXCLUDED)
                snprintf(ret, CAUSE_TEXT_MAX, "dropped: an audit rule excludes it");
        else if (error == ERROR_LOST)
                snprintf(ret, CAUSE_TEXT_MAX, "lost: no room in the kernel's queue, or its rate limit");
        else if (error == ERROR_DELAYED)
                snprintf(ret, CAUSE_TEXT_MAX, "delayed: the kernel's queue is full");
        else
                snprintf(ret, CAUSE_TEXT_MAX, "refused: %s", text ? text : "unknown error");
}

int answer_priority(enum auditfail_action action) {
        switch (action) {
        case AUDITFAIL_IGNORE:
                return LOG_INFO;
        case AUDITFAIL_LOG:
                return LOG_WARNING;
        default: /* AUDITFAIL_TERMINATE, and actions that are unknown yet */
                return LOG_ERR;
        }
}
