/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/auditfailctl/cli/command.h"
#include "client/auditfailctl/cli/options.h"
#include "client/auditfailctl/commands/check_command.h"
#include "client/auditfailctl/commands/doctor_command.h"
#include "client/auditfailctl/commands/edit_command.h"
#include "client/auditfailctl/commands/explain_command.h"
#include "client/auditfailctl/commands/guard_command.h"
#include "client/auditfailctl/commands/history_command.h"
#include "client/auditfailctl/commands/list_command.h"
#include "client/auditfailctl/commands/monitor_command.h"
#include "client/auditfailctl/commands/query_command.h"
#include "client/auditfailctl/commands/reload_command.h"
#include "client/auditfailctl/commands/run_command.h"
#include "client/auditfailctl/commands/status_command.h"
#include "client/common/pager.h"
#include "client/common/text.h"
#include "protocol/cleanup.h"

static const struct command_group groups[] = {
        { "Answers", { &query_command, &explain_command, &monitor_command, &history_command } },
        { "Policy files", { &list_command, &check_command, &edit_command, &reload_command } },
        { "Programs and daemons", { &status_command, &doctor_command, &run_command, &guard_command } },
        { 0 },
};

#define COMMANDS_MAX 32

/* Sets settings->command. Returns STATUS_OK, or STATUS_USAGE after an error message. */
static int find_command(struct settings *settings, const char *name) {
        const char *names[COMMANDS_MAX + 1] = { 0 };
        size_t count = 0;

        for (const struct command_group *group = groups; group->heading; group++)
                for (const struct command *const *command = group->commands; *command; command++) {
                        names[count++] = (*command)->name;
                        if (strcmp((*command)->name, name) == 0) {
                                settings->command = *command;
                                return STATUS_OK;
                        }
                }
        cleanup(cleanup_free) char *suggestion = text_suggestion(name, strlen(name), "", names);
        return usage_error(settings, "unknown command \"%s\"%s", name, suggestion);
}

static int run(const struct settings *settings, int count, char **operands) {
        const struct command *command = settings->command;

        if (settings->given[OPTION_HELP]) {
                pager_open(settings->pager);
                options_help(settings, groups);
                return STATUS_OK;
        }
        if (settings->given[OPTION_VERSION]) {
                printf("auditfailctl " AUDITFAIL_VERSION "\n");
                return STATUS_OK;
        }
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
        int first = 0, status = options_parse(&settings, count, arguments, &first);

        /* "help" and "help COMMAND" are what users of systemd's tools and git may type. */
        if (status == STATUS_OK && first < count && strcmp(arguments[first], "help") == 0) {
                settings.given[OPTION_HELP] = "";
                first++;
        }
        if (status == STATUS_OK && first < count) {
                count -= first;
                arguments += first;
                status = find_command(&settings, arguments[0]);
                if (status == STATUS_OK)
                        status = options_parse(&settings, count, arguments, &first);
        } else if (!settings.given[OPTION_HELP] && !settings.given[OPTION_VERSION])
                settings.command = &status_command;
        if (status == STATUS_OK)
                status = options_apply(&settings);
        return status == STATUS_OK ? run(&settings, count - first, arguments + first) : status;
}

int main(int argc, char **argv) {
        /* Only LC_CTYPE: numbers have the same form in every locale. */
        setlocale(LC_CTYPE, "");

        int status = parse_and_run(argc, argv);

        /* If the output is lost, the command has failed. */
        return output_flush() ? status : STATUS_FAILED;
}
