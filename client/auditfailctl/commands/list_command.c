/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/commands/list_command.h"

#include <stdio.h>
#include <string.h>

#include "client/auditfailctl/cli/failed_call.h"
#include "client/auditfailctl/cli/service.h"
#include "client/auditfailctl/output/table.h"
#include "client/common/pager.h"
#include "client/common/reader.h"

/* Returns "unsupported=ignore overload=log". The caller frees it. */
static char *exceptions_text(struct reader *application) {
        struct json_object *exceptions = read_array(application, "exceptions");
        char *text = text_format("%s", "");

        for (size_t i = 0; exceptions && i < json_object_array_length(exceptions); i++) {
                struct reader exception = { .object = json_object_array_get_idx(exceptions, i) };
                const char *kind = read_string(&exception, "kind"), *action = read_string(&exception, "action");
                text_append(&text, "%s%s=%s", i > 0 ? " " : "", kind, action);
                application->fault = application->fault ?: exception.fault;
        }
        return text;
}

static void add_row(struct libscols_table *table, struct reader *application) {
        cleanup(cleanup_free) char *exceptions = exceptions_text(application);
        const char *action = read_string(application, "action");
        bool broken = strcmp(read_string(application, "source"), "broken") == 0;
        const struct table_cell cells[] = {
                { read_string(application, "application"), EMPHASIS_NONE },
                { action, action_emphasis(action) },
                { broken ? "(file cannot be used)" : exceptions, broken ? EMPHASIS_BAD : EMPHASIS_NONE },
                { read_string(application, "file"), EMPHASIS_NONE },
        };

        table_add_row(table, cells);
}

/* Adds the applications of one page to ALL and TABLE. Returns the name of a faulty member, or NULL. */
static const char *take_page(struct json_object *page, struct json_object *all, struct libscols_table *table) {
        struct reader reply = { .object = page };
        struct json_object *applications = read_array(&reply, "applications");

        for (size_t i = 0; applications && i < json_object_array_length(applications); i++) {
                struct json_object *object = json_object_array_get_idx(applications, i);
                struct reader application = { .object = object };
                add_row(table, &application);
                if (application.fault)
                        return application.fault;
                array_add(all, json_object_get(object));
        }
        return reply.fault;
}

/* With "more", the daemon sends all pages from the same policy, even if it is reloaded meanwhile. */
static int take_pages(const struct settings *settings, struct json_object *all, struct libscols_table *table) {
        cleanup(cleanup_service) struct client *client = NULL;
        bool continues = true;

        int status = service_connect(settings, &client);
        if (status == STATUS_OK)
                status = service_call(settings, client, "List", NULL, true);
        while (status == STATUS_OK && continues) {
                cleanup(cleanup_json) struct json_object *page = NULL;
                status = service_reply(settings, client, settings->timeout_ms, &page, &continues);
                const char *fault = status == STATUS_OK ? take_page(page, all, table) : NULL;
                if (fault)
                        return service_misunderstood(settings, fault);
        }
        return status;
}

static void print_names(struct json_object *all) {
        for (size_t i = 0; i < json_object_array_length(all); i++) {
                struct reader application = { .object = json_object_array_get_idx(all, i) };
                cleanup(cleanup_free) char *name = text_safe(read_string(&application, "application"));
                printf("%s\n", name);
        }
}

static int list_run(const struct settings *settings, char **operands) {
        static const struct table_column columns[] = {
                { "APPLICATION", false }, { "ACTION", false }, { "EXCEPTIONS", true }, { "FILE", true }
        };
        cleanup(cleanup_table) struct libscols_table *table = table_new(columns, 4, settings->colour);
        cleanup(cleanup_json) struct json_object *all = array_new();

        (void)operands;
        int status = take_pages(settings, all, table);
        if (status != STATUS_OK)
                return status;
        pager_open(settings->pager);
        if (settings->json)
                json_print(all, settings->json);
        else if (settings->quiet)
                print_names(all);
        else
                table_print(table);
        return STATUS_OK;
}

const struct command list_command = {
        .name = "list",
        .operands = "",
        .timeout_ms = 10000,
        .run = list_run,
        .summary = "List all policies",
};
