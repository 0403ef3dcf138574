/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/preload/loss_text.h"

#include <errno.h>
#include <stdio.h>

#include "client/shim/answer_text.h"

void make_printable(char *text) {
        for (char *c = text; *c; c++)
                if (*c < ' ' || *c > '~')
                        *c = '?';
}

void loss_text(const struct auditfail_question *question, const struct auditfail_answer *answer,
               char ret[static LOSS_TEXT_MAX]) {
        const char *record = question->record;
        char cause[CAUSE_TEXT_MAX], source[SOURCE_TEXT_MAX];

        cause_text(question->error, cause);
        source_text(answer, source);
        snprintf(ret, LOSS_TEXT_MAX, "%.64s: audit record%s%.32s %s; %s, %s", program_invocation_short_name,
                 record ? " " : "s would be", record ? record : "", cause,
                 answer->action == AUDITFAIL_TERMINATE ? "stopped" : "going on", source);
        make_printable(ret);
}
