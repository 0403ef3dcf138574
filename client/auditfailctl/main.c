/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/auditfailctl/cli/command.h"
#include "client/auditfailctl/cli/options.h"
#include "client/common/message.h"
#include "daemon/policy/diagnostic.h"
#include "protocol/cleanup.h"

#define ASKING (OPTION_BIT(OPTION_ERRNO) | OPTION_BIT(OPTION_KIND))

/* Time limits: query has that of the programs themselves, reload what systemd gives an ExecReload=. */
static const struct command commands[] = {
        { .name = "query",
          .operands = "[APPLICATION]",
          .operands_max = 1,
          .timeout_ms = 1000,
          .run = query_run,
          .summary = "Ask what a program must do, as the program itself would",
          .options = ASKING | OPTION_BIT(OPTION_OPERATION) | OPTION_BIT(OPTION_RECORD) | OPTION_BIT(OPTION_AHEAD),
          .details =
                  "The exit status is the action: 0 ignore, 10 log, 20 terminate. Anything else is no answer: 1 to 6.\n"
                  "Without APPLICATION: the default policy." },
        { .name = "explain",
          .operands = "[APPLICATION]",
          .operands_max = 1,
          .timeout_ms = 10000,
          .run = explain_run,
          .summary = "Show the search that leads to an answer",
          .options = ASKING,
          .details = "Leaves no trace in journal and trail. Without APPLICATION: the default policy." },
        { .name = "list", .operands = "", .timeout_ms = 10000, .run = list_run, .summary = "List all policies" },
        { .name = "check",
          .operands = "[FILE|DIR...]",
          .operands_max = -1,
          .run = check_run,
          .summary = "Check policy files, without the daemon",
          .options = OPTION_BIT(OPTION_ROOT) | OPTION_BIT(OPTION_OWNER) | OPTION_BIT(OPTION_STRICT),
          .details = "Without FILE and DIR: all policy files of this machine, or of the tree below --root.\n"
                     "Of a DIR: every *.conf in it. The exit status is 1 where there are errors.\n"
                     "Run by root, it reads the files as the user of auditfaild." },
        { .name = "reload",
          .operands = "",
          .timeout_ms = 90000,
          .run = reload_run,
          .summary = "Have the daemon read all policy files again",
          .details = "The exit status is 1 where files are bad; the policy from before stays in force then." },
        { .name = "status",
          .operands = "",
          .timeout_ms = 10000,
          .run = status_run,
          .summary = "Show the state of the daemon" },
        { .name = "monitor",
          .operands = "",
          .timeout_ms = 10000,
          .run = monitor_run,
          .summary = "Show decisions and reloads as they happen" },
        { .name = "history",
          .operands = "",
          .run = history_run,
          .summary = "Show decisions from the journal",
          .options = OPTION_BIT(OPTION_SINCE) | OPTION_BIT(OPTION_UNTIL) | OPTION_BIT(OPTION_APPLICATION) |
                     OPTION_BIT(OPTION_LINES) | OPTION_BIT(OPTION_DIRECTORY) | OPTION_BIT(OPTION_FILE) |
                     OPTION_BIT(OPTION_ANY),
          .details =
                  "TIME is \"2026-11-21 10:00[:00]\", \"10:00\", now, today, yesterday, \"1h ago\", -1h or @SECONDS." },
        { .name = "run",
          .operands = "[--] PROGRAM [ARGUMENT...]",
          .operands_max = -1,
          .becomes = true,
          .run = run_run,
          .summary = "Run a program that was never changed, and have it obey",
          .options = OPTION_BIT(OPTION_AS) | OPTION_BIT(OPTION_EXIT_STATUS),
          .details = "Options stand before PROGRAM; what follows it is PROGRAM's. So is the exit status, but for 125\n"
                     "(auditfailctl failed), 126 (PROGRAM cannot or must not be run) and 127 (there is none)." },
        { .name = "doctor",
          .operands = "PROGRAM|PID|UNIT...",
          .operands_max = -1,
          .timeout_ms = 10000,
          .run = doctor_run,
          .summary = "Tell what happens when a program, process or service loses audit",
          .details = "The exit status is 1 where a lost record would go unnoticed, or a policy be disobeyed; 7 where\n"
                     "records fail and the programs that it starts are not known." },
        { .name = "guard",
          .operands = "[on|off|status]",
          .operands_max = 1,
          .timeout_ms = 90000,
          .run = guard_run,
          .summary = "Have systemd refuse to stop auditd, so that auditctl stop is left",
          .options = OPTION_BIT(OPTION_ROOT),
          .details = "Without an argument: status. The exit status of that is 0 where systemd refuses, else 1." },
        { 0 },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]) - 1)

static const struct command *find_command(const struct settings *settings, const char *name) {
        const char *names[COMMAND_COUNT + 1] = { 0 };

        for (size_t i = 0; i < COMMAND_COUNT; i++) {
                if (strcmp(commands[i].name, name) == 0)
                        return &commands[i];
                names[i] = commands[i].name;
        }

        const char *near = diagnostic_near(name, strlen(name), names);
        usage_error(settings, "unknown command \"%s\"%s%s%s", name, near ? ", did you mean " : "", near ?: "",
                    near ? "?" : "");
        return NULL;
}

static int run(const struct settings *settings, const struct command *command, int count, char **operands) {
        if (settings->given[OPTION_HELP]) {
                options_help(commands, command);
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
        /* The kind of characters alone: numbers are written and read in one way everywhere. */
        setlocale(LC_CTYPE, "");

        int status = parse_and_run(argc, argv);

        /* An answer that nobody got is none, whatever it was. */
        return output_flush() ? status : STATUS_FAILED;
}
