/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/commands/status_command.h"

#include <stdio.h>
#include <string.h>

#include "client/auditfailctl/cli/service.h"
#include "client/auditfailctl/output/dropping.h"
#include "client/auditfailctl/output/problems.h"
#include "client/auditfailctl/output/queue.h"
#include "client/common/pager.h"
#include "client/common/reader.h"
#include "client/common/text.h"
#include "protocol/audit/audit_state.h"

#define NAME_WIDTH 13

/* Text is printed only if the whole reply could be read. */
struct page {
        const struct settings *settings;
        char *text;
};

static void page_clear(struct page *page) {
        free(page->text);
}

/* Adds a line. Takes VALUE. */
static void add_line(struct page *page, const char *name, char *value) {
        bool colour = page->settings->colour;

        text_append(&page->text, "%s%*s:%s %s\n", text_begin(colour, EMPHASIS_FAINT), NAME_WIDTH, name,
                    text_end(colour, EMPHASIS_FAINT), value);
        free(value);
}

/* Returns "cap_audit_write" or "none", safe to print. The caller frees it. */
static char *capabilities_text(struct reader *reply) {
        struct json_object *array = read_array(reply, "capabilities");
        cleanup(cleanup_free) char *text = NULL;

        for (size_t i = 0; array && i < json_object_array_length(array); i++)
                text_append(&text, "%s%s", i > 0 ? " " : "",
                            json_object_get_string(json_object_array_get_idx(array, i)) ?: "");
        return text_safe(text ?: "none");
}

static void add_policy(struct page *page, struct reader *reply) {
        struct json_object *problems = read_array(reply, "problems");
        bool failed = read_boolean(reply, "reloadFailed");
        long long count =
                read_integer(reply, "omitted") + (problems ? (long long)json_object_array_length(problems) : 0);
        cleanup(cleanup_free) char *applications = text_count(read_integer(reply, "applications"), "application");

        add_line(page, "Policy",
                 text_format("generation %lld, %s", (long long)read_integer(reply, "generation"), applications));
        add_line(page, "Loaded", text_time(read_integer(reply, "loaded")));
        if (failed)
                add_line(page, "Last reload",
                         text_format("%sfailed%s; the previous policy is in force",
                                     text_begin(page->settings->colour, EMPHASIS_BAD),
                                     text_end(page->settings->colour, EMPHASIS_BAD)));
        if (count > 0)
                add_line(page, "Problems", text_format("%lld, found by the last load:", count));
}

static void add_trail(struct page *page, struct reader *reply) {
        bool trail = read_boolean(reply, "trail");
        const char *rule = read_string_maybe(reply, "trailRule");
        bool of_all = !rule || strcmp(rule, "system") != 0;

        if (!read_boolean_or(reply, "auditing", true))
                add_line(page, "Audit trail",
                         text_format("%sauditing is switched off%s: the kernel drops every record; type: auditctl -e 1",
                                     text_begin(page->settings->colour, EMPHASIS_BAD),
                                     text_end(page->settings->colour, EMPHASIS_BAD)));
        else
                add_line(page, "Audit trail",
                         text_format("%s",
                                     !trail   ? "not written by the daemon; decisions are only in its log"
                                     : of_all ? "can be written; decisions are recorded there"
                                              : "can be written; decisions for root and services are recorded there"));
}

static void add_service(struct page *page, struct reader *reply) {
        cleanup(cleanup_free) char *version = text_safe(read_string(reply, "version"));

        add_line(page, "Daemon",
                 text_format("auditfaild %s, pid %lld, uid %lld", version, (long long)read_integer(reply, "pid"),
                             (long long)read_integer(reply, "uid")));
        add_line(page, "Socket", text_format("%s", page->settings->socket));
        add_line(page, "Started", text_time(read_integer(reply, "started")));
        add_line(page, "Capabilities", capabilities_text(reply));
        add_trail(page, reply);
}

/* Adds the state of the kernel's queue, and what the kernel tells root only. */
static void add_kernel(struct page *page) {
        cleanup(dropping_clear) struct dropping dropping = { 0 };
        struct audit_state state;
        struct queue queue;

        queue_find(&queue);
        char *trouble = queue_text(&queue);
        if (trouble)
                add_line(page, "Queue", trouble);
        if (queue.full || !dropping_find(NULL, &dropping, &state))
                return;
        add_line(page, "Kernel",
                 text_format("%u records lost since boot, %u of %u wait%s", state.lost, state.backlog,
                             state.backlog_limit, state.auditd == 0 ? "; no audit daemon" : ""));
        if (state.rate_limit > 0)
                add_line(page, "Rate limit",
                         text_format("%u records a second; the kernel drops further records; type: auditctl -r 0",
                                     state.rate_limit));
        for (size_t i = 0; i < dropping.count; i++)
                add_line(page, "Dropped by",
                         text_format("%s; %s%s", dropping.rules[i], dropping.deletes[i] ? "type: " : "",
                                     dropping.help[i]));
}

static void add_figures(struct page *page, struct reader *reply) {
        cleanup(cleanup_free) char *users = text_count(read_integer(reply, "users"), "user");
        cleanup(cleanup_free) char *monitors = text_count(read_integer(reply, "monitors"), "monitor");

        add_line(page, "Connections",
                 text_format("%lld of %s, %s; %lld refused so far", (long long)read_integer(reply, "connections"),
                             users, monitors, (long long)read_integer(reply, "refused")));
        add_line(page, "Answers",
                 text_format("%lld: %lld ignore, %lld log, %lld terminate; %lld not in journal and trail",
                             (long long)read_integer(reply, "queries"), (long long)read_integer(reply, "ignored"),
                             (long long)read_integer(reply, "logged"), (long long)read_integer(reply, "terminated"),
                             (long long)read_integer(reply, "suppressed")));
}

static int status_run(const struct settings *settings, char **operands) {
        cleanup(cleanup_json) struct json_object *object = NULL;
        cleanup(page_clear) struct page page = { .settings = settings };

        (void)operands;
        int status = service_ask(settings, "Status", NULL, &object);
        if (status != STATUS_OK)
                return status;
        struct reader reply = { .object = object };
        add_service(&page, &reply);
        if (!settings->json && !settings->quiet)
                add_kernel(&page);
        add_figures(&page, &reply);
        add_policy(&page, &reply);
        if (reply.fault)
                return service_misunderstood(settings, reply.fault);
        if (settings->quiet && !settings->json)
                return STATUS_OK;

        pager_open(settings->pager);
        if (settings->json) {
                json_print(object, settings->json);
                return STATUS_OK;
        }
        fputs(page.text, stdout);
        if (!output_flush())
                return STATUS_FAILED;
        problems_print_reply(settings, &reply);
        return reply.fault ? service_misunderstood(settings, reply.fault) : STATUS_OK;
}

const struct command status_command = {
        .name = "status",
        .operands = "",
        .timeout_ms = 10000,
        .run = status_run,
        .summary = "Show the state of the daemon; also without a command",
};
