/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/commands/query_command.h"

#include <stdio.h>
#include <string.h>

#include "client/auditfailctl/cli/failed_call.h"
#include "client/auditfailctl/cli/options.h"
#include "client/common/reader.h"
#include "client/common/text.h"

static const int action_status[ACTION_COUNT] = {
        [AUDITFAIL_IGNORE] = STATUS_OK,
        [AUDITFAIL_LOG] = STATUS_LOG,
        [AUDITFAIL_TERMINATE] = STATUS_TERMINATE,
};

static void print_json(const struct settings *settings, const struct failed_call *failure,
                       const struct auditfail_answer *answer) {
        cleanup(cleanup_json) struct json_object *object = object_new();

        object_add_string(object, "application", failure->application);
        object_add_string(object, "kind", kind_name(failure->kind));
        answer_add(object, answer);
        object_add_integer(object, "generation", (int64_t)answer->generation);
        object_add_string(object, "cause", answer->cause ? strerrorname_np(answer->cause) : NULL);
        json_print(object, settings->json);
}

static void print_text(const struct settings *settings, const struct failed_call *failure,
                       const struct auditfail_answer *answer) {
        static const char *const sources[] = {
                [AUDITFAIL_VIA_DAEMON] = "from auditfaild",
                [AUDITFAIL_VIA_SNAPSHOT] = "from the snapshot",
                [AUDITFAIL_VIA_BUILTIN] = "built-in",
        };
        cleanup(cleanup_free) char *failure_words = failed_call_text(kind_name(failure->kind), failure->error);
        cleanup(cleanup_free) char *file = text_safe(answer->file);
        const char *action = action_name(answer->action);
        enum emphasis emphasis = action_emphasis(action);

        printf("%s%s%s  %s, on %s: ", text_begin(settings->colour, emphasis), action,
               text_end(settings->colour, emphasis), failure->application, failure_words);
        if (answer->line > 0)
                printf("%s:%u, ", file, answer->line);
        else
                printf("%s%s, ", *file ? file : "no file decided", *file ? " (unusable)" : "");
        printf("%s", sources[answer->via]);
        if (answer->via != AUDITFAIL_VIA_BUILTIN)
                printf(", generation %llu", (unsigned long long)answer->generation);
        if (answer->cause)
                printf("; no daemon answered: %s (%s)", strerror(answer->cause), strerrorname_np(answer->cause) ?: "?");
        putchar('\n');
}

static int query_run(const struct settings *settings, char **operands) {
        const char *operation = settings->given[OPTION_OPERATION], *record = settings->given[OPTION_RECORD];
        struct auditfail_answer answer = { 0 };
        struct failed_call failure;

        int status = failed_call_parse(settings, operands, &failure);
        if (status != STATUS_OK)
                return status;
        if (operation && strlen(operation) > OPERATION_MAX)
                return usage_error(settings, "--operation is too long: %d bytes at most", OPERATION_MAX);
        if (record && strlen(record) > RECORD_MAX)
                return usage_error(settings, "--record is too long: %d bytes at most", RECORD_MAX);
        status = failed_call_ask(settings, &failure, settings->given[OPTION_AHEAD], &answer);
        if (status != STATUS_OK)
                return status;

        if (settings->json)
                print_json(settings, &failure, &answer);
        else if (!settings->quiet)
                print_text(settings, &failure, &answer);
        return action_status[answer.action];
}

const struct command query_command = {
        .name = "query",
        .operands = "[APPLICATION]",
        .operands_max = 1,
        .timeout_ms = 1000,
        .run = query_run,
        .summary = "Ask what a program must do, as the program would ask",
        .options = FAILED_CALL_OPTIONS | OPTION_BIT(OPTION_OPERATION) | OPTION_BIT(OPTION_RECORD) |
                   OPTION_BIT(OPTION_AHEAD),
        .details = "Exit status: the action (0 ignore, 10 log, 20 terminate), or 1 to 6: no answer.\n"
                   "Without APPLICATION: the default policy.\nKIND: " KIND_LIST ".",
};
