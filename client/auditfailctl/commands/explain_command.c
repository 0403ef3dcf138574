/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/commands/explain_command.h"

#include <stdio.h>
#include <string.h>

#include "client/auditfailctl/cli/failed_call.h"
#include "client/auditfailctl/cli/service.h"
#include "client/auditfailctl/output/table.h"
#include "client/common/pager.h"
#include "client/common/reader.h"

static enum emphasis finding_emphasis(const char *finding) {
        if (strcmp(finding, "used") == 0)
                return EMPHASIS_GOOD;
        if (strcmp(finding, "broken") == 0)
                return EMPHASIS_BAD;
        if (strcmp(finding, "mask") == 0)
                return EMPHASIS_NOTICE;
        return EMPHASIS_FAINT;
}

/* Returns the steps of REPLY as a table, which the caller frees. */
static struct libscols_table *steps_table(const struct settings *settings, struct reader *reply) {
        static const struct table_column columns[] = { { "APPLICATION", false },
                                                       { "FILE", true },
                                                       { "FINDING", false } };
        struct libscols_table *table = table_new(columns, 3, settings->colour);
        struct json_object *steps = read_array(reply, "steps");

        for (size_t i = 0; steps && i < json_object_array_length(steps); i++) {
                struct reader step = { .object = json_object_array_get_idx(steps, i) };
                const char *finding = read_string(&step, "finding");
                const struct table_cell cells[] = { { read_string(&step, "application"), EMPHASIS_NONE },
                                                    { read_string(&step, "file"), EMPHASIS_NONE },
                                                    { finding, finding_emphasis(finding) } };
                table_add_row(table, cells);
                reply->fault = reply->fault ?: step.fault;
        }
        return table;
}

/* Returns the reason for the answer as the end of a sentence. The caller frees it. */
static char *reason(const struct failed_call *failure, struct reader *reply) {
        const char *source = read_string(reply, "source");
        cleanup(cleanup_free) char *file = text_safe(read_string_maybe(reply, "file") ?: "");
        long long line = read_integer_or(reply, "line", 0);

        if (strcmp(source, "builtin") == 0)
                return text_format("because there is no policy at all");
        if (strcmp(source, "broken") == 0)
                return text_format("because %s cannot be used", file);
        if (strcmp(source, "default") == 0 && strcmp(failure->application, APPLICATION_DEFAULT) != 0)
                return text_format("because of the default policy, %s:%lld", file, line);
        return text_format("because of %s:%lld", file, line);
}

static int explain_run(const struct settings *settings, char **operands) {
        cleanup(cleanup_json) struct json_object *parameters = NULL, *object = NULL;
        struct failed_call failure;

        int status = failed_call_parse(settings, operands, &failure);
        if (status != STATUS_OK)
                return status;
        parameters = failed_call_parameters(&failure);
        status = service_ask(settings, "Explain", parameters, &object);
        if (status != STATUS_OK)
                return status;

        struct reader reply = { .object = object };
        cleanup(cleanup_table) struct libscols_table *steps = steps_table(settings, &reply);
        cleanup(cleanup_free) char *action = text_safe(read_string(&reply, "action"));
        cleanup(cleanup_free) char *why = reason(&failure, &reply);
        cleanup(cleanup_free) char *what = failed_call_text(kind_name(failure.kind), failure.error);
        long long generation = read_integer(&reply, "generation");
        if (reply.fault)
                return service_misunderstood(settings, reply.fault);
        pager_open(settings->pager);
        if (settings->json) {
                json_print(object, settings->json);
                return STATUS_OK;
        }

        enum emphasis emphasis = action_emphasis(action);
        if (!settings->quiet) {
                table_print(steps);
                putchar('\n');
        }
        printf("On %s %s is told to %s%s%s, %s (generation %lld).\n", what, failure.application,
               text_begin(settings->colour, emphasis), action, text_end(settings->colour, emphasis), why, generation);
        return STATUS_OK;
}

const struct command explain_command = {
        .name = "explain",
        .operands = "[APPLICATION]",
        .operands_max = 1,
        .timeout_ms = 10000,
        .run = explain_run,
        .summary = "Show how the daemon finds an answer",
        .options = FAILED_CALL_OPTIONS,
        .details = "Writes nothing to journal and trail. Without APPLICATION: the default policy.\n"
                   "KIND: " KIND_LIST ".",
};
