/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditctl/progress_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/auditctl/caller_view.h"
#include "client/common/text.h"
#include "protocol/clock.h"

#define FIELD_SEPARATOR '\035' /* auditd writes it before the fields that log_format = ENRICHED adds */

/* Prints text from other programs, indented, and safe to print. */
static void print_foreign(const char *text) {
        cleanup(cleanup_free) char *copy = text_format("%s", text);

        for (char *c = copy; *c; c++)
                if (*c == FIELD_SEPARATOR)
                        *c = ' ';
        for (char *rest = copy, *line; rest && *rest;) {
                line = strsep(&rest, "\n");
                cleanup(cleanup_free) char *safe = text_safe(line);
                printf("  %s\n", safe);
        }
}

static void print_identified(struct reader *object) {
        struct reader caller = { .object = read_object(object, "caller") };
        cleanup(cleanup_free) char *caller_words = caller_text(&caller);

        printf("Identified as %s\n", caller_words);
        object->fault = object->fault ?: caller.fault;
}

static void print_recorded(struct reader *object) {
        struct reader record = { .object = read_object(object, "record") };
        cleanup(cleanup_free) char *event = text_safe(read_string(&record, "event"));
        const char *serial = strchr(event, ':');

        printf("Recorded and on disk: event %s (ausearch -a %s)\n", event, serial ? serial + 1 : event);
        object->fault = object->fault ?: record.fault;
}

static void print_unconfirmed(struct reader *object) {
        cleanup(cleanup_free) char *detail = text_line(read_string_maybe(object, "detail") ?: "no reason is known");

        printf("Unconfirmed: the record may be missing on disk: %s\n", detail);
}

static void print_draining(struct progress_view *view, struct reader *object) {
        cleanup(cleanup_free) char *records = text_count(read_integer_or(object, "backlog", 0), "record");

        if (!view->drained)
                printf("Draining: %s in the kernel\n", records);
        view->drained = true;
}

static void print_rules(struct reader *object) {
        printf("Rules: loaded\n");
        print_foreign(read_string_maybe(object, "detail") ?: "");
}

static void print_done(const struct progress_view *view, struct reader *object) {
        int64_t auditd = read_integer_or(object, "auditd", 0);
        struct json_object *trail = read_array_maybe(object, "trail");
        size_t lines = trail ? json_object_array_length(trail) : 0;
        const char *state = read_string_maybe(object, "state");

        printf("%s after %.1f s", view->settings->verb->done, (double)(monotonic_usec() - view->began_usec) / 1e6);
        if (auditd > 0)
                printf(": auditd (pid %" PRId64 ")", auditd);
        printf(".%s\n", lines > 0 ? " The trail says:" : "");
        for (size_t i = 0; i < lines; i++) {
                struct json_object *line = json_object_array_get_idx(trail, i);
                if (!json_object_is_type(line, json_type_string))
                        object->fault = "trail";
                else
                        print_foreign(json_object_get_string(line));
        }
        if (state) {
                printf("Its report:\n");
                print_foreign(state);
        }
}

/* Prints a warning to stderr, also if --quiet is given. */
static void print_warning(const struct progress_view *view, enum request_step step, struct reader *object) {
        const char *about = step == STEP_IDENTIFIED                             ? "note"
                            : step == STEP_DONE                                 ? "done, but"
                            : step == STEP_UNCONFIRMED && view->settings->quiet ? "the record may be missing on disk"
                                                                                : NULL;
        const char *detail = about ? read_string_maybe(object, "detail") : NULL;

        if (!detail)
                return;
        cleanup(cleanup_free) char *safe = text_line(detail);
        output_flush();
        complain(0, "%s: %s", about, safe);
}

static void print_text(struct progress_view *view, enum request_step step, struct reader *object) {
        static const char *const lines[STEP_COUNT + 1] = {
                [STEP_WAITING] = "Waiting for polkit, which may ask for a password\n",
                [STEP_STOPPED] = "Ended: auditd is gone\n",
                [STEP_STARTING] = "Starting auditd.service\n",
        };

        fputs(lines[step] ?: "", stdout);
        if (step == STEP_IDENTIFIED)
                print_identified(object);
        else if (step == STEP_RECORDED)
                print_recorded(object);
        else if (step == STEP_UNCONFIRMED)
                print_unconfirmed(object);
        else if (step == STEP_SIGNALLED)
                printf("Signalled auditd (pid %" PRId64 ")\n", read_integer(object, "auditd"));
        else if (step == STEP_DRAINING)
                print_draining(view, object);
        else if (step == STEP_RULES)
                print_rules(object);
        else if (step == STEP_DONE)
                print_done(view, object);
}

void progress_view_print(struct progress_view *view, enum request_step step, struct reader *object) {
        if (view->settings->json)
                json_print(object->object, view->settings->json);
        else {
                if (!view->settings->quiet)
                        print_text(view, step, object);
                print_warning(view, step, object);
        }
        fflush(stdout); /* main() checks for errors */
}
