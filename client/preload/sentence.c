/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sentence.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void make_printable(char *text) {
        for (char *c = text; *c; c++)
                if (*c < ' ' || *c > '~')
                        *c = '?';
}

/* "as /etc/auditfail/useradd.conf:9 says" */
static void write_reason(const struct auditfail_answer *answer, char *ret, size_t size) {
        if (!answer->file[0])
                snprintf(ret, size, "as the built-in default says");
        else if (answer->line == 0)
                snprintf(ret, size, "since %s cannot be used", answer->file);
        else
                snprintf(ret, size, "as %s:%u says", answer->file, answer->line);
}

size_t sentence_write(const struct auditfail_question *question, const struct auditfail_answer *answer,
                      char ret[static SENTENCE_MAX]) {
        const char *error = strerrordesc_np(question->error); /* without a lock, a locale or an allocation */
        const char *record = question->record;
        char reason[sizeof(answer->file) + 64];

        write_reason(answer, reason, sizeof(reason));
        snprintf(ret, SENTENCE_MAX, "%.64s: audit record%s%.32s refused: %s; %s, %s", program_invocation_short_name,
                 record ? " " : "s would be", record ? record : "", error ? error : "unknown error",
                 answer->action == AUDITFAIL_TERMINATE ? "stopped" : "going on", reason);
        make_printable(ret);
        return strlen(ret);
}
