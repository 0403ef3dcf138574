/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/cli/options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/common/text.h"
#include "protocol/cleanup.h"
#include "protocol/varlink/client.h"
#include "protocol/vocabulary.h"
#include "protocol/well_known.h"

#define TIMEOUT_MAX 86400 /* seconds */
#define FIRST_LONG  256   /* getopt_long() returns this and more for long options */

static const struct {
        const char *name;
        char letter;
        const char *argument; /* its name; "[=NAME]" if it is optional; NULL: none */
        const char *help;
} options[OPTION_COUNT] = {
        [OPTION_JSON] = { "json", 'j', NULL, "print JSON with the names of the interface" },
        [OPTION_QUIET] = { "quiet", 'q', NULL, "print less; see auditfailctl(1)" },
        [OPTION_COLOR] = { "color", 0, "WHEN", "use colours: auto, always or never" },
        [OPTION_NO_COLOR] = { "no-color", 0, NULL, "the same as --color=never" },
        [OPTION_SOCKET] = { "socket", 0, "PATH", "the daemon's socket" },
        [OPTION_TIMEOUT] = { "timeout", 0, "SECONDS", "time limit for replies of the daemon" },
        [OPTION_HELP] = { "help", 'h', NULL, "show this help" },
        [OPTION_VERSION] = { "version", 'V', NULL, "show the version" },
        [OPTION_ERRNO] = { "errno", 'e', "ERRNO", "errno of the failed call: a name (EPERM) or a number" },
        [OPTION_KIND] = { "kind", 'k', "KIND", "kind of failure: " KIND_LIST },
        [OPTION_OPERATION] = { "operation", 'o', "TEXT", "the operation that failed, for the log" },
        [OPTION_RECORD] = { "record", 0, "TYPE", "type of the lost record (ADD_USER), for the log" },
        [OPTION_AHEAD] = { "ahead", 0, NULL, "no record is lost yet: write nothing to journal and trail" },
        [OPTION_ROOT] = { "root", 0, "DIR", "use the tree below DIR instead of this machine" },
        [OPTION_OWNER] = { "owner", 0, "USER", "user who may own policy files, besides root" },
        [OPTION_STRICT] = { "strict", 0, NULL, "treat warnings as errors" },
        [OPTION_SINCE] = { "since", 'S', "TIME", "show decisions since TIME" },
        [OPTION_UNTIL] = { "until", 'U', "TIME", "show decisions until TIME" },
        [OPTION_BOOT] = { "boot", 'b', "[=BOOT]", "show decisions of this boot, or of BOOT" },
        [OPTION_APPLICATION] = { "application", 'a', "NAME", "show decisions about this application" },
        [OPTION_LINES] = { "lines", 'n', "NUMBER", "show the newest NUMBER decisions" },
        [OPTION_REVERSE] = { "reverse", 'r', NULL, "show the newest decision first" },
        [OPTION_FOLLOW] = { "follow", 'f', NULL, "keep running, and show new decisions" },
        [OPTION_MACHINE] = { "machine", 'M', "CONTAINER", "read the journal of a local container" },
        [OPTION_DIRECTORY] = { "directory", 'D', "DIR", "read the journal files in DIR" },
        [OPTION_FILE] = { "file", 0, "FILE", "read this journal file" },
        [OPTION_AS] = { "as", 0, "APPLICATION", "apply this policy instead of the program's own" },
        [OPTION_EXIT_STATUS] = { "exit-status", 0, "NUMBER", "exit status of a program that must stop (default: 77)" },
        [OPTION_ANY] = { "any", 0, NULL, "show entries of all writers, even if they may be forged" },
};

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

static bool takes(const struct command *command, int option) {
        return option < OPTION_GLOBAL_COUNT || (command && command->options & OPTION_BIT(option));
}

static int unknown_option(const struct settings *settings, const char *word) {
        const char *names[OPTION_COUNT + 1], *name = word + strspn(word, "-");
        size_t count = 0;

        for (int i = 0; i < OPTION_COUNT; i++)
                if (takes(settings->command, i))
                        names[count++] = options[i].name;
        names[count] = NULL;

        cleanup(cleanup_free) char *suggestion = text_suggestion(name, strcspn(name, "="), "--", names);
        return usage_error(settings, "unknown option \"%s\"%s", word, suggestion);
}

/* The options of a command, for getopt_long(). */
struct getopt_words {
        struct option longs[OPTION_COUNT + 1];
        char letters[3 * OPTION_COUNT + 3];
};

/* Returns what getopt_long() calls has_arg. */
static int has_argument(int option) {
        const char *argument = options[option].argument;

        return !argument ? no_argument : *argument == '[' ? optional_argument : required_argument;
}

static void fill_words(struct getopt_words *words, const struct command *command) {
        size_t used = 0;

        *words = (struct getopt_words){ 0 };
        /*
         * "+" stops at the first operand, which is a command or a program. ":" suppresses the messages of
         * getopt_long().
         */
        char *end = stpcpy(words->letters, command && !command->becomes ? ":" : "+:");
        for (int i = 0; i < OPTION_COUNT; i++) {
                if (!takes(command, i))
                        continue;
                words->longs[used++] =
                        (struct option){ .name = options[i].name, .has_arg = has_argument(i), .val = FIRST_LONG + i };
                if (options[i].letter)
                        end += sprintf(end, "%c%.*s", options[i].letter, has_argument(i), "::");
        }
}

/* Prints what is wrong with WORD, for which getopt_long() returned VALUE. Returns an exit status. */
static int report_mistake(const struct settings *settings, int value, const char *word) {
        char letter[] = { '-', (char)optopt, 0 };

        if (value == ':')
                return usage_error(settings, "option \"%s\" takes an argument", word);
        if (optopt >= FIRST_LONG)
                return usage_error(settings, "option \"%s\" takes no argument", word);
        return unknown_option(settings, optopt ? letter : word);
}

/* Returns the option of VALUE, which is a letter, or FIRST_LONG and more. */
static int option_of(int value) {
        for (int i = 0; i < OPTION_COUNT; i++)
                if (options[i].letter == value)
                        return i;
        return value - FIRST_LONG;
}

int options_parse(struct settings *settings, int count, char **arguments, int *ret_first) {
        struct getopt_words words;
        int value;

        fill_words(&words, settings->command);
        optind = 0; /* makes glibc start again */
        while ((value = getopt_long(count, arguments, words.letters, words.longs, NULL)) != -1) {
                if (value == ':' || value == '?')
                        return report_mistake(settings, value, arguments[optind - 1]);
                settings->given[option_of(value)] = optarg ?: "";
        }
        *ret_first = optind;
        return STATUS_OK;
}

char *options_word(const struct settings *settings, enum option_index option) {
        const char *given = settings->given[option];
        bool argument = has_argument(option) == required_argument || *given;

        return text_format("--%s%s%s", options[option].name, argument ? "=" : "", given);
}

/* The command line overrides NO_COLOR (no-color.org). */
static bool wants_colour(const char *when, int fd) {
        const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");

        if (when && strcmp(when, "auto") != 0)
                return strcmp(when, "always") == 0;
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

        settings->json = settings->given[OPTION_JSON];
        settings->quiet = settings->given[OPTION_QUIET];
        settings->colour = wants_colour(when, STDOUT_FILENO);
        settings->colour_errors = wants_colour(when, STDERR_FILENO);
        settings->timeout_ms = settings->command ? settings->command->timeout_ms : 0;

        if (settings->given[OPTION_SOCKET])
                settings->socket = text_format("%s", settings->given[OPTION_SOCKET]);
        else
                settings->socket = client_socket(POLICY_INTERFACE);
        if (!settings->socket)
                out_of_memory();
        return apply_timeout(settings);
}

static void print_options(uint32_t chosen) {
        for (int i = 0; i < OPTION_COUNT; i++) {
                if (!(chosen & OPTION_BIT(i)))
                        continue;
                int width = options[i].letter ? printf("  -%c, ", options[i].letter) : printf("      ");
                width += printf("--%s%s%s", options[i].name, has_argument(i) == required_argument ? "=" : "",
                                options[i].argument ?: "");
                printf("%*s%s\n", 30 - width, "", options[i].help);
        }
}

void options_help(const struct command *const *commands, size_t count, const struct command *command) {
        uint32_t global = OPTION_BIT(OPTION_GLOBAL_COUNT) - 1;

        if (command) {
                const char *before = command->becomes ? " [OPTION...]" : "",
                           *after = command->becomes ? "" : " [OPTION...]";
                printf("auditfailctl %s%s%s%s%s\n%s.\n\n", command->name, before, *command->operands ? " " : "",
                       command->operands, after, command->summary);
                if (command->details)
                        printf("%s\n\n", command->details);
                print_options(command->options);
                print_options(global);
        } else {
                printf("auditfailctl [OPTION...] COMMAND [ARGUMENT...]\n"
                       "Ask and administer what programs do when they cannot write to the audit trail.\n\n");
                for (size_t i = 0; i < count; i++)
                        printf("  %-26s%s\n", commands[i]->name, commands[i]->summary);
                printf("\n");
                print_options(global);
                printf("\nSee auditfailctl COMMAND --help, and auditfailctl(1).\n");
        }
}
