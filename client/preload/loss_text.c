/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/preload/loss_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/shim/answer_text.h"

void make_printable(char *text) {
        for (char *c = text; *c; c++)
                if (*c < ' ' || *c > '~')
                        *c = '?';
}

size_t sentence_write(const struct auditfail_question *question, const struct auditfail_answer *answer,
                      char ret[static SENTENCE_MAX]) {
        const char *record = question->record;
        char why[REASON_WHY_MAX], reason[REASON_MAX];

        reason_why(question->error, why);
        reason_write(answer, reason);
        snprintf(ret, SENTENCE_MAX, "%.64s: audit record%s%.32s %s; %s, %s", program_invocation_short_name,
                 record ? " " : "s would be", record ? record : "", why,
                 answer->action == AUDITFAIL_TERMINATE ? "stopped" : "going on", reason);
        make_printable(ret);
        return strlen(ret);
}
