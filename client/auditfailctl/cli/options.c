/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/cli/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/common/option_table.h"
#include "client/common/text.h"
#include "protocol/cleanup.h"
#include "protocol/varlink/client.h"
#include "protocol/vocabulary.h"
#include "protocol/well_known.h"

#define TIMEOUT_MAX 86400 /* seconds */

static const struct option_row rows[OPTION_COUNT] = {
        [OPTION_JSON] = { "json", 'j', "[=MODE]", "auto", "print JSON: short, pretty, auto (as -j) or off" },
        [OPTION_QUIET] = { "quiet", 'q', .help = "print less; see auditfailctl(1)" },
        [OPTION_NO_PAGER] = { "no-pager", .help = "do not send long output to a pager" },
        [OPTION_COLOR] = { "color", 0, "WHEN", .help = "use colours: auto, always or never" },
        [OPTION_NO_COLOR] = { "no-color", .help = "the same as --color=never" },
        [OPTION_SOCKET] = { "socket", 0, "PATH", .help = "the daemon's socket" },
        [OPTION_TIMEOUT] = { "timeout", 0, "SECONDS", .help = "time limit for replies of the daemon" },
        [OPTION_HELP] = { "help", 'h', .help = "show this help" },
        [OPTION_VERSION] = { "version", 'V', .help = "show the version" },
        [OPTION_ERRNO] = { "errno", 'e', "ERRNO", .help = "errno of the failed call: a name (EPERM) or a number" },
        [OPTION_KIND] = { "kind", 'k', "KIND", .help = "kind of failure" },
        [OPTION_OPERATION] = { "operation", 'o', "TEXT", .help = "the operation that failed, for the log" },
        [OPTION_RECORD] = { "record", 0, "TYPE", .help = "type of the lost record (ADD_USER), for the log" },
        [OPTION_AHEAD] = { "ahead", .help = "no record is lost yet: write nothing to the logs" },
        [OPTION_ROOT] = { "root", 0, "DIR", .help = "use the tree below DIR instead of this machine" },
        [OPTION_OWNER] = { "owner", 0, "USER", .help = "user who may own policy files, besides root" },
        [OPTION_STRICT] = { "strict", .help = "treat warnings as errors" },
        [OPTION_SINCE] = { "since", 'S', "TIME", .help = "show decisions since TIME" },
        [OPTION_UNTIL] = { "until", 'U', "TIME", .help = "show decisions until TIME" },
        [OPTION_BOOT] = { "boot", 'b', "[=BOOT]", .help = "show decisions of this boot, or of BOOT" },
        [OPTION_APPLICATION] = { "application", 'a', "NAME", .help = "show decisions about this application" },
        [OPTION_LINES] = { "lines", 'n', "NUMBER", .help = "show the newest NUMBER decisions" },
        [OPTION_REVERSE] = { "reverse", 'r', .help = "show the newest decision first" },
        [OPTION_FOLLOW] = { "follow", 'f', .help = "keep running, and show new decisions" },
        [OPTION_MACHINE] = { "machine", 'M', "CONTAINER", .help = "read the journal of a local container" },
        [OPTION_DIRECTORY] = { "directory", 'D', "DIR", .help = "read the journal files in DIR" },
        [OPTION_FILE] = { "file", 0, "FILE", .help = "read this journal file" },
        [OPTION_AS] = { "as", 0, "APPLICATION", .help = "apply this policy instead of the program's own" },
        [OPTION_EXIT_STATUS] = { "exit-status", 0, "NUMBER",
                                 .help = "status of a program that must stop (default: 77)" },
        [OPTION_ANY] = { "any", .help = "show entries of all writers, even if forged" },
};

static const struct option_table table = { rows, OPTION_COUNT };

#define GLOBAL_OPTIONS (OPTION_BIT(OPTION_GLOBAL_COUNT) - 1)
#define ALL_OPTIONS    (OPTION_BIT(OPTION_COUNT) - 1)

int usage_error(const struct settings *settings, const char *format, ...) {
        const struct command *command = settings->command;
        va_list arguments;

        fputs("auditfailctl: ", stderr);
        va_start(arguments, format);
        vfprintf(stderr, format, arguments);
        va_end(arguments);
        fprintf(stderr, "\nTry: auditfailctl %s%s--help\n", command ? command->name : "", command ? " " : "");
        return command && command->becomes ? STATUS_RUN_FAILED : STATUS_USAGE;
}

int options_parse(struct settings *settings, int count, char **arguments, int *ret_first) {
        const struct command *command = settings->command;
        uint64_t taken = command ? GLOBAL_OPTIONS | command->options : ALL_OPTIONS;
        bool stops = !command || command->becomes;
        cleanup(cleanup_free) char *mistake =
                option_table_parse(&table, taken, stops, count, arguments, settings->given, ret_first);

        return mistake ? usage_error(settings, "%s", mistake) : STATUS_OK;
}

/* Refuses an option before the command that the command does not take. */
static int check_taken(const struct settings *settings) {
        const struct command *command = settings->command;

        for (size_t i = OPTION_GLOBAL_COUNT; command && i < OPTION_COUNT; i++)
                if (settings->given[i] && !(command->options & OPTION_BIT(i)))
                        return usage_error(settings, "%s takes no option \"--%s\"", command->name, rows[i].name);
        return STATUS_OK;
}

char *options_word(const struct settings *settings, enum option_index option) {
        return option_table_word(&table, option, settings->given[option]);
}

char *options_root(const struct settings *settings) {
        char *root = text_format("%s", settings->given[OPTION_ROOT] ?: "");

        for (size_t length = strlen(root); length > 0 && root[length - 1] == '/';)
                root[--length] = 0;
        return root;
}

/* The command line overrides SYSTEMD_COLORS (systemd(1)), and that overrides NO_COLOR (no-color.org). */
static bool wants_colour(const char *when, int fd) {
        static const char *const words[] = { "0", "no", "false", "off", "1", "yes", "true", "on" };
        const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM"), *systemd = getenv("SYSTEMD_COLORS");

        if (when && strcmp(when, "auto") != 0)
                return strcmp(when, "always") == 0;
        for (size_t i = 0; systemd && i < 8; i++)
                if (strcasecmp(systemd, words[i]) == 0)
                        return i >= 4;
        return isatty(fd) && !(no_color && *no_color) && !(terminal && strcmp(terminal, "dumb") == 0);
}

static int apply_timeout(struct settings *settings) {
        const char *given = settings->given[OPTION_TIMEOUT];
        if (!given)
                return STATUS_OK;

        if (!text_seconds(given, TIMEOUT_MAX, &settings->timeout_ms))
                return usage_error(settings, "--timeout is a number of seconds from 0.001 to %d, not \"%s\"",
                                   TIMEOUT_MAX, given);
        return STATUS_OK;
}

int options_apply(struct settings *settings) {
        const char *when = settings->given[OPTION_NO_COLOR] ? "never" : settings->given[OPTION_COLOR];
        if (when && strcmp(when, "auto") != 0 && strcmp(when, "always") != 0 && strcmp(when, "never") != 0)
                return usage_error(settings, "--color is auto, always or never, not \"%s\"", when);

        const char *mode = settings->given[OPTION_JSON];
        if (mode && !json_mode_parse(mode, &settings->json))
                return usage_error(settings, "--json is short, pretty, auto or off, not \"%s\"", mode);

        settings->quiet = settings->given[OPTION_QUIET];
        settings->pager =
                !settings->given[OPTION_NO_PAGER] && !settings->given[OPTION_FOLLOW] && settings->json != JSON_SHORT;
        settings->colour = wants_colour(when, STDOUT_FILENO);
        settings->colour_errors = wants_colour(when, STDERR_FILENO);
        settings->timeout_ms = settings->command ? settings->command->timeout_ms : 0;

        if (settings->given[OPTION_SOCKET])
                settings->socket = text_format("%s", settings->given[OPTION_SOCKET]);
        else
                settings->socket = client_socket(POLICY_INTERFACE);
        if (!settings->socket)
                out_of_memory();
        int status = check_taken(settings);
        return status == STATUS_OK ? apply_timeout(settings) : status;
}

static void command_help(const struct command *command) {
        const char *options = " [OPTION...]";

        printf("auditfailctl %s%s%s%s%s\n%s.\n\n", command->name, command->becomes ? options : "",
               *command->operands ? " " : "", command->operands, command->becomes ? "" : options, command->summary);
        if (command->details)
                printf("%s\n\n", command->details);
        option_table_help(&table, command->options);
        option_table_help(&table, GLOBAL_OPTIONS);
}

void options_help(const struct settings *settings, const struct command_group *groups) {
        if (settings->command) {
                command_help(settings->command);
                return;
        }

        printf("auditfailctl [OPTION...] [COMMAND] [ARGUMENT...]\n"
               "Ask and administer what programs do when they cannot write to the audit trail.\n\n");
        for (; groups->heading; groups++) {
                printf("%s%s:%s\n", text_begin(settings->colour, EMPHASIS_BOLD), groups->heading,
                       text_end(settings->colour, EMPHASIS_BOLD));
                for (const struct command *const *command = groups->commands; *command; command++)
                        printf("  %-9s%s\n", (*command)->name, (*command)->summary);
        }
        printf("\nOptions of every command (see auditfailctl COMMAND --help, and auditfailctl(1)):\n");
        option_table_overview(&table, GLOBAL_OPTIONS);
}
