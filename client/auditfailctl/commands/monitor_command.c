/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/commands/monitor_command.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/auditfailctl/cli/service.h"
#include "client/auditfailctl/output/decision.h"
#include "client/common/text.h"

static void print_reload(const struct settings *settings, int64_t time, struct reader *reply) {
        struct reader reload = { .object = read_object(reply, "reload") };
        bool ok = read_boolean(&reload, "ok"), changed = read_boolean(&reload, "changed");
        cleanup(cleanup_free) char *applications = text_count(read_integer(&reload, "applications"), "application");
        cleanup(cleanup_free) char *problems = text_count(read_integer(&reload, "problems"), "problem");
        long long generation = read_integer(reply, "generation");

        reply->fault = reply->fault ?: reload.fault;
        if (reply->fault)
                return;
        decision_print_head(settings, time, "reload", ok ? "done" : "failed");
        printf("generation %lld, %s, %s, %s\n", generation, applications, changed ? "changed" : "unchanged", problems);
}

/* Prints an event. Returns the name of a faulty member, or NULL. */
static const char *print_event(const struct settings *settings, struct json_object *object) {
        struct reader reply = { .object = object };
        const char *event = read_string(&reply, "event");
        int64_t time = read_integer(&reply, "time");
        long long lost = read_integer(&reply, "lost"), generation = read_integer(&reply, "generation");
        if (reply.fault || settings->json)
                return reply.fault;

        if (lost > 0) {
                decision_print_head(settings, time, "lost", "");
                printf("%lld of the events before this one came too fast for this reader\n", lost);
        }
        if (strcmp(event, "decision") == 0) {
                struct reader decision = { .object = read_object(&reply, "decision") };
                decision_print(settings, time, &decision);
                return reply.fault ?: decision.fault;
        }
        if (strcmp(event, "reload") == 0)
                print_reload(settings, time, &reply);
        else if (strcmp(event, "start") == 0 && !settings->quiet) {
                decision_print_head(settings, time, "start", "");
                printf("generation %lld\n", generation);
        }
        return reply.fault;
}

/* Each event is written with one system call, so this handler never cuts an event in two. */
static void end(int number) {
        (void)number;
        _exit(STATUS_OK);
}

static int monitor_run(const struct settings *settings, char **operands) {
        cleanup(cleanup_service) struct client *client = NULL;
        static char event_text[64 * 1024]; /* larger than any frame of the daemon */
        struct sigaction action = { .sa_handler = end };
        bool continues = true;

        (void)operands;
        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
        setvbuf(stdout, event_text, _IOFBF, sizeof(event_text));

        int status = service_connect(settings, &client);
        if (status == STATUS_OK)
                status = service_call(settings, client, "Monitor", NULL, true);
        for (int timeout_ms = settings->timeout_ms; status == STATUS_OK; timeout_ms = -1) {
                cleanup(cleanup_json) struct json_object *event = NULL;
                status = service_reply(settings, client, timeout_ms, &event, &continues);
                if (status != STATUS_OK)
                        break;
                const char *fault = print_event(settings, event) ?: continues ? NULL : "continues";
                if (fault)
                        return service_misunderstood(settings, fault);
                if (settings->json)
                        json_print(event, settings->json);
                if (!output_flush())
                        return STATUS_FAILED;
        }
        return status;
}

const struct command monitor_command = {
        .name = "monitor",
        .operands = "",
        .timeout_ms = 10000,
        .run = monitor_run,
        .summary = "Show decisions and reloads as they happen",
};
