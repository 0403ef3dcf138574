/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/commands/reload_command.h"

#include <stdio.h>

#include "client/auditfailctl/cli/service.h"
#include "client/auditfailctl/output/problems.h"
#include "client/common/reader.h"
#include "client/common/text.h"

int reload_policy(const struct settings *settings) {
        cleanup(cleanup_json) struct json_object *object = NULL;
        int status = service_ask(settings, "Reload", NULL, &object);
        if (!object)
                return status;

        struct reader reply = { .object = object };
        if (!settings->json)
                problems_print_reply(settings, &reply);
        if (status == STATUS_OK) {
                long long generation = read_integer(&reply, "generation");
                cleanup(cleanup_free) char *applications =
                        text_count(read_integer(&reply, "applications"), "application");
                bool changed = read_boolean(&reply, "changed");
                if (!reply.fault && !settings->json && !settings->quiet)
                        printf("generation %lld, %s, %s\n", generation, applications,
                               changed ? "changed" : "unchanged");
        }
        if (reply.fault)
                return service_misunderstood(settings, reply.fault);
        if (settings->json)
                json_print(object, settings->json);
        return status;
}

static int reload_run(const struct settings *settings, char **operands) {
        (void)operands;
        return reload_policy(settings);
}

const struct command reload_command = {
        .name = "reload",
        .operands = "",
        .timeout_ms = RELOAD_TIMEOUT_MS,
        .run = reload_run,
        .summary = "Make the daemon read all policy files again",
        .details = "If a file is bad, the exit status is 1, and the previous policy stays in force.",
};
