/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sentence.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "reason.h"

#define WHY_MAX 80 /* bytes, with the NUL; the longest text of glibc takes 49 */

void make_printable(char *text) {
        for (char *c = text; *c; c++)
                if (*c < ' ' || *c > '~')
                        *c = '?';
}

static void write_why(int error, char ret[static WHY_MAX]) {
        const char *text = strerrordesc_np(error); /* without a lock, a locale or an allocation */

        if (error == 0)
                snprintf(ret, WHY_MAX, " for a reason not known");
        else
                snprintf(ret, WHY_MAX, ": %s", text ? text : "unknown error");
}

size_t sentence_write(const struct auditfail_question *question, const struct auditfail_answer *answer,
                      char ret[static SENTENCE_MAX]) {
        const char *record = question->record;
        char why[WHY_MAX], reason[REASON_MAX];

        write_why(question->error, why);
        reason_write(answer, reason);
        snprintf(ret, SENTENCE_MAX, "%.64s: audit record%s%.32s refused%s; %s, %s", program_invocation_short_name,
                 record ? " " : "s would be", record ? record : "", why,
                 answer->action == AUDITFAIL_TERMINATE ? "stopped" : "going on", reason);
        make_printable(ret);
        return strlen(ret);
}
