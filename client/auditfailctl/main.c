/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/auditfailctl/cli/command.h"
#include "client/auditfailctl/cli/options.h"
#include "client/auditfailctl/commands/check_command.h"
#include "client/auditfailctl/commands/doctor_command.h"
#include "client/auditfailctl/commands/explain_command.h"
#include "client/auditfailctl/commands/guard_command.h"
#include "client/auditfailctl/commands/history_command.h"
#include "client/auditfailctl/commands/list_command.h"
#include "client/auditfailctl/commands/monitor_command.h"
#include "client/auditfailctl/commands/query_command.h"
#include "client/auditfailctl/commands/reload_command.h"
#include "client/auditfailctl/commands/run_command.h"
#include "client/auditfailctl/commands/status_command.h"
#include "client/common/text.h"
#include "daemon/policy/diagnostic.h"
#include "protocol/cleanup.h"

static const struct command *const commands[] = {
        &query_command,   &explain_command, &list_command, &check_command,  &reload_command, &status_command,
        &monitor_command, &history_command, &run_command,  &doctor_command, &guard_command,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static const struct command *find_command(const struct settings *settings, const char *name) {
        const char *names[COMMAND_COUNT + 1] = { 0 };

        for (size_t i = 0; i < COMMAND_COUNT; i++) {
                if (strcmp(commands[i]->name, name) == 0)
                        return commands[i];
                names[i] = commands[i]->name;
        }

        const char *near = diagnostic_near(name, strlen(name), names);
        usage_error(settings, "unknown command \"%s\"%s%s%s", name, near ? ", did you mean " : "", near ?: "",
                    near ? "?" : "");
        return NULL;
}

static int run(const struct settings *settings, const struct command *command, int count, char **operands) {
        if (settings->given[OPTION_HELP]) {
                options_help(commands, COMMAND_COUNT, command);
                return STATUS_OK;
        }
        if (settings->given[OPTION_VERSION]) {
                printf("auditfailctl " AUDITFAIL_VERSION "\n");
                return STATUS_OK;
        }
        if (!command)
                return usage_error(settings, "a command is missing");
        if (command->operands_max >= 0 && count > command->operands_max)
                return usage_error(settings, "%s takes no argument \"%s\"", command->name,
                                   operands[command->operands_max]);
        return command->run(settings, operands);
}

static void settings_clear(struct settings *settings) {
        free(settings->socket);
}

static int parse_and_run(int count, char **arguments) {
        cleanup(settings_clear) struct settings settings = { 0 };
        const struct command *command = NULL;

        int first = options_parse(&settings, NULL, count, arguments);
        if (first < 0)
                return STATUS_USAGE;
        if (first < count) {
                command = find_command(&settings, arguments[first]);
                if (!command)
                        return STATUS_USAGE;
                settings.command = command->name;
                count -= first;
                arguments += first;
                first = options_parse(&settings, command, count, arguments);
                if (first < 0)
                        return command->becomes ? STATUS_RUN_FAILED : STATUS_USAGE;
        }
        int status = options_apply(&settings, command);
        if (status != STATUS_OK)
                return command && command->becomes ? STATUS_RUN_FAILED : status;
        return run(&settings, command, count - first, arguments + first);
}

int main(int argc, char **argv) {
        /* Only LC_CTYPE: numbers have the same form in every locale. */
        setlocale(LC_CTYPE, "");

        int status = parse_and_run(argc, argv);

        /* If the output is lost, the command has failed. */
        return output_flush() ? status : STATUS_FAILED;
}
