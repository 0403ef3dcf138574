/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/commands/status_command.h"

#include <stdarg.h>
#include <stdio.h>

#include "client/auditfailctl/cli/service.h"
#include "client/auditfailctl/output/dropping.h"
#include "client/auditfailctl/output/problems.h"
#include "client/common/reader.h"
#include "client/common/text.h"
#include "protocol/audit/audit_state.h"

#define NAME_WIDTH 13

__attribute__((format(printf, 3, 4))) static void print_line(const struct settings *settings, const char *name,
                                                             const char *format, ...);

static void print_line(const struct settings *settings, const char *name, const char *format, ...) {
        va_list arguments;

        printf("%s%*s:%s ", text_begin(settings->colour, EMPHASIS_FAINT), NAME_WIDTH, name,
               text_end(settings->colour, EMPHASIS_FAINT));
        va_start(arguments, format);
        vprintf(format, arguments);
        va_end(arguments);
        putchar('\n');
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

static void print_policy(const struct settings *settings, struct reader *reply) {
        cleanup(cleanup_free) char *loaded = text_time(read_integer(reply, "loaded"));
        struct json_object *problems = read_array(reply, "problems");
        bool failed = read_boolean(reply, "reloadFailed");
        long long count =
                read_integer(reply, "omitted") + (problems ? (long long)json_object_array_length(problems) : 0);

        cleanup(cleanup_free) char *applications = text_count(read_integer(reply, "applications"), "application");

        print_line(settings, "Policy", "generation %lld, %s", (long long)read_integer(reply, "generation"),
                   applications);
        print_line(settings, "Loaded", "%s", loaded);
        if (failed)
                print_line(settings, "Last reload", "%sfailed%s; the previous policy is in force",
                           text_begin(settings->colour, EMPHASIS_BAD), text_end(settings->colour, EMPHASIS_BAD));
        if (count > 0)
                print_line(settings, "Problems", "%lld, found by the last load:", count);
}

static void print_trail(const struct settings *settings, struct reader *reply) {
        bool trail = read_boolean(reply, "trail");

        if (!read_boolean_or(reply, "auditing", true))
                print_line(settings, "Audit trail",
                           "%sauditing is switched off%s: the kernel drops every record; type: "
                           "auditctl -e 1",
                           text_begin(settings->colour, EMPHASIS_BAD), text_end(settings->colour, EMPHASIS_BAD));
        else
                print_line(settings, "Audit trail", "%s",
                           trail ? "can be written; decisions are recorded there"
                                 : "not written by the daemon; decisions are only in its log");
}

static void print_service(const struct settings *settings, struct reader *reply) {
        cleanup(cleanup_free) char *version = text_safe(read_string(reply, "version"));
        cleanup(cleanup_free) char *started = text_time(read_integer(reply, "started"));
        cleanup(cleanup_free) char *capabilities = capabilities_text(reply);

        print_line(settings, "Daemon", "auditfaild %s, pid %lld, uid %lld", version,
                   (long long)read_integer(reply, "pid"), (long long)read_integer(reply, "uid"));
        print_line(settings, "Socket", "%s", settings->socket);
        print_line(settings, "Started", "%s", started);
        print_line(settings, "Capabilities", "%s", capabilities);
        print_trail(settings, reply);
}

/* Prints what the kernel tells root only. */
static void print_kernel(const struct settings *settings) {
        cleanup(dropping_clear) struct dropping dropping = { 0 };
        struct audit_state state;

        if (!dropping_find(NULL, &dropping, &state))
                return;
        print_line(settings, "Kernel", "%u records lost since boot, %u of %u wait%s", state.lost, state.backlog,
                   state.backlog_limit, state.auditd == 0 ? "; no audit daemon" : "");
        if (state.rate_limit > 0)
                print_line(settings, "Rate limit",
                           "%u records a second; the kernel drops further records; type: "
                           "auditctl -r 0",
                           state.rate_limit);
        for (size_t i = 0; i < dropping.count; i++) {
                cleanup(cleanup_free) char *help = dropping_help(&dropping, i);
                print_line(settings, "Dropped by", "%s; %s%s", dropping.rules[i],
                           dropping_can_delete(&dropping, i) ? "type: " : "", help);
        }
}

static void print_figures(const struct settings *settings, struct reader *reply) {
        cleanup(cleanup_free) char *users = text_count(read_integer(reply, "users"), "user");
        cleanup(cleanup_free) char *monitors = text_count(read_integer(reply, "monitors"), "monitor");

        print_line(settings, "Connections", "%lld of %s, %s; %lld refused so far",
                   (long long)read_integer(reply, "connections"), users, monitors,
                   (long long)read_integer(reply, "refused"));
        print_line(settings, "Answers", "%lld: %lld ignore, %lld log, %lld terminate; %lld not in journal and trail",
                   (long long)read_integer(reply, "queries"), (long long)read_integer(reply, "ignored"),
                   (long long)read_integer(reply, "logged"), (long long)read_integer(reply, "terminated"),
                   (long long)read_integer(reply, "suppressed"));
}

/* Returns the name of a faulty member that would be printed, or NULL. */
static const char *find_fault(struct json_object *object) {
        static const char *const integers[] = { "generation", "applications", "started",    "loaded",
                                                "omitted",    "pid",          "uid",        "users",
                                                "refused",    "connections",  "monitors",   "queries",
                                                "ignored",    "logged",       "terminated", "suppressed" };
        struct reader reply = { .object = object };

        for (size_t i = 0; i < sizeof(integers) / sizeof(integers[0]); i++)
                read_integer(&reply, integers[i]);
        read_string(&reply, "version");
        read_boolean(&reply, "reloadFailed");
        read_boolean(&reply, "trail");
        read_boolean_or(&reply, "auditing", true);
        read_array(&reply, "capabilities");
        read_array(&reply, "problems");
        return reply.fault;
}

static int status_run(const struct settings *settings, char **operands) {
        cleanup(cleanup_json) struct json_object *object = NULL;

        (void)operands;
        int status = service_ask(settings, "Status", NULL, &object);
        if (status != STATUS_OK)
                return status;
        const char *fault = find_fault(object);
        if (fault)
                return service_misunderstood(settings, fault);
        if (settings->json) {
                json_print(object);
                return STATUS_OK;
        }
        if (settings->quiet)
                return STATUS_OK;

        struct reader reply = { .object = object };
        print_service(settings, &reply);
        print_kernel(settings);
        print_figures(settings, &reply);
        print_policy(settings, &reply);
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
        .summary = "Show the state of the daemon",
};
