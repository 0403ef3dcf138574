/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/output/problems.h"

#include <limits.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "client/common/text.h"
#include "protocol/cleanup.h"
#include "protocol/stderr_is_journal.h"

static const char *const severities[] = { [SEVERITY_ERROR] = "error", [SEVERITY_WARNING] = "warning" };

/* In the journal each line becomes an entry. There, a problem is one line with a priority. */
static void print(const struct settings *settings, const struct diagnostic *problem) {
        if (!stderr_is_journal()) {
                diagnostic_print(stderr, problem, settings->colour_errors);
                return;
        }
        cleanup(cleanup_free) char *line = diagnostic_line(problem);
        if (!line)
                out_of_memory();
        fprintf(stderr, "%s%s\n", problem->severity == SEVERITY_ERROR ? SD_ERR : SD_WARNING, line);
}

static void print_omitted(int64_t omitted) {
        if (omitted > 0)
                fprintf(stderr, "... and %lld more\n", (long long)omitted);
}

static unsigned count_from(int64_t number) {
        return number > 0 && number <= UINT_MAX ? (unsigned)number : 0;
}

void problems_print_reply(const struct settings *settings, struct reader *reply) {
        struct json_object *array = read_array(reply, "problems");
        int64_t omitted = read_integer(reply, "omitted");

        for (size_t i = 0; array && i < json_object_array_length(array); i++) {
                struct reader problem = { .object = json_object_array_get_idx(array, i) };
                struct diagnostic diagnostic = {
                        .file = read_string(&problem, "file"),
                        .line = count_from(read_integer(&problem, "line")),
                        .column = count_from(read_integer(&problem, "column")),
                        .width = count_from(read_integer(&problem, "width")),
                        .severity = strcmp(read_string(&problem, "severity"), severities[SEVERITY_WARNING]) == 0
                                            ? SEVERITY_WARNING
                                            : SEVERITY_ERROR,
                        .message = read_string(&problem, "message"),
                        .expected = read_string_maybe(&problem, "expected"),
                        .suggestion = read_string_maybe(&problem, "suggestion"),
                        .text = read_string_maybe(&problem, "text"),
                };
                if (problem.fault) {
                        reply->fault = reply->fault ?: problem.fault;
                        return;
                }
                print(settings, &diagnostic);
        }
        print_omitted(omitted);
}

void problems_print(const struct settings *settings, const struct diagnostics *list) {
        for (size_t i = 0; i < list->count; i++)
                print(settings, &list->items[i]);
        print_omitted((int64_t)list->omitted);
}

struct json_object *problems_json(const struct diagnostics *list) {
        struct json_object *array = array_new();

        for (size_t i = 0; i < list->count; i++) {
                const struct diagnostic *problem = &list->items[i];
                struct json_object *entry = object_new();
                object_add_string(entry, "file", problem->file);
                object_add_integer(entry, "line", problem->line);
                object_add_integer(entry, "column", problem->line > 0 ? problem->column : 0);
                object_add_integer(entry, "width", problem->line > 0 ? problem->width : 0);
                object_add_string(entry, "severity", severities[problem->severity]);
                object_add_string(entry, "message", problem->message);
                object_add_string(entry, "expected", problem->expected);
                object_add_string(entry, "suggestion", problem->suggestion);
                object_add_string(entry, "text", problem->text);
                array_add(array, entry);
        }
        return array;
}
