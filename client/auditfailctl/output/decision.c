/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/output/decision.h"

#include <stdio.h>

#include "client/auditfailctl/cli/failed_call.h"
#include "client/common/text.h"

#define ACTION_WIDTH  9  /* "terminate" */
#define SUBJECT_WIDTH 12 /* most names fit; longer ones move the rest to the right */

void decision_print_head(const struct settings *settings, int64_t time, const char *what, const char *subject) {
        cleanup(cleanup_free) char *when = text_time(time);
        cleanup(cleanup_free) char *safe_what = text_safe(what);
        cleanup(cleanup_free) char *safe_subject = text_safe(subject);
        enum emphasis emphasis = action_emphasis(what);

        printf("%s%s%s  %s%-*s%s  %-*s  ", text_begin(settings->colour, EMPHASIS_FAINT), when,
               text_end(settings->colour, EMPHASIS_FAINT), text_begin(settings->colour, emphasis), ACTION_WIDTH,
               safe_what, text_end(settings->colour, emphasis), SUBJECT_WIDTH, safe_subject);
}

/* Returns "pid 12 (passwd), uid 0, auid 1000, session 3, sshd.service". The caller frees it. */
static char *who(struct reader *decision) {
        const char *exe = read_string_maybe(decision, "exe") ?: read_string_maybe(decision, "program");
        const char *unit = read_string_maybe(decision, "unit");
        int64_t auid = read_integer_or(decision, "auid", -1), session = read_integer_or(decision, "session", -1);
        char *text = NULL;

        text_append(&text, "pid %lld", (long long)read_integer(decision, "pid"));
        if (exe)
                text_append(&text, " (%s)", exe);
        text_append(&text, ", uid %lld", (long long)read_integer(decision, "uid"));
        if (auid >= 0)
                text_append(&text, ", auid %lld", (long long)auid);
        if (session >= 0)
                text_append(&text, ", session %lld", (long long)session);
        if (unit)
                text_append(&text, ", %s", unit);
        return text;
}

void decision_print(const struct settings *settings, int64_t time, struct reader *decision) {
        const char *application = read_string(decision, "application"), *action = read_string(decision, "action");
        const char *operation = read_string_maybe(decision, "operation"), *file = read_string_maybe(decision, "file");
        const char *record = read_string_maybe(decision, "record");
        int64_t error = read_integer_or(decision, "errno", 0), line = read_integer_or(decision, "line", 0);
        int64_t suppressed = read_integer(decision, "suppressed");
        cleanup(cleanup_free) char *failure =
                failed_call_text(read_string_maybe(decision, "kind"), error > 0 && error <= ERRNO_MAX ? (int)error : 0);
        cleanup(cleanup_free) char *peer = who(decision);
        cleanup(cleanup_free) char *text = NULL;

        text_append(&text, "%s%s%s%s%s; %s", failure, operation ? " of " : "", operation ?: "", record ? " for " : "",
                    record ?: "", peer);
        if (file && line > 0)
                text_append(&text, "; %s:%lld", file, (long long)line);
        else if (file)
                text_append(&text, "; %s", file);
        if (suppressed > 0)
                text_append(&text, "; %lld left out before this one", (long long)suppressed);
        if (decision->fault)
                return;

        cleanup(cleanup_free) char *safe = text_safe(text);
        decision_print_head(settings, time, action, application);
        printf("%s\n", safe);
}
