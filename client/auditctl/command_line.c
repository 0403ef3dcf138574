/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditctl/command_line.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "client/auditctl/outcome.h"
#include "client/common/option_table.h"
#include "client/common/text.h"
#include "protocol/cleanup.h"

#define TIMEOUT_DEFAULT 30 /* seconds, as in the service */
#define TEXT(number)    TEXT_OF(number)
#define TEXT_OF(number) #number
#define TIMEOUT_MAX     600 /* seconds, as in the service */
#define TIMEOUT_MIN_MS  100
#define REASON_MAX      4096 /* characters that the audit record has for it */

enum { REASON, FORCE, NO_ASK_PASSWORD, TIMEOUT, JSON, QUIET, HELP, VERSION, OPTION_COUNT };

static const struct option_row rows[OPTION_COUNT] = {
        [REASON] = { "reason", 0, "TEXT", .help = "reason for the audit trail" },
        [FORCE] = { "force", .help = "as root: go on without login or record on disk" },
        [NO_ASK_PASSWORD] = { "no-ask-password", .help = "never ask for a password" },
        [TIMEOUT] = { "timeout", 0, "SECONDS",
                      .help = "time limit of the request (default: " TEXT(TIMEOUT_DEFAULT) ")" },
        [JSON] = { "json", 'j', "[=MODE]", "auto", "print JSON: short, pretty, auto (as -j) or off" },
        [QUIET] = { "quiet", 'q', .help = "print errors and warnings only" },
        [HELP] = { "help", 'h', .help = "show this help" },
        [VERSION] = { "version", 'V', .help = "show the version" },
};

static const struct option_table table = { rows, OPTION_COUNT };

#define REQUEST_OPTIONS (OPTION_BIT(REASON) | OPTION_BIT(FORCE) | OPTION_BIT(NO_ASK_PASSWORD))

/* The last entry has no name. */
static const struct verb verbs[] = {
        { "stop", "Stop", NULL, "Stop the audit daemon", "Stopped" },
        { "restart", "Restart", NULL, "Stop the audit daemon, and make systemd start it again", "Restarted" },
        { "reload", "Signal", "reload", "Make the audit daemon read its configuration again, and load rules",
          "Reloaded" },
        { "rotate", "Signal", "rotate", "Make the audit daemon rotate its log", "Rotated" },
        { "resume", "Signal", "resume", "Make the audit daemon resume logging after it has suspended it", "Resumed" },
        { "state", "Signal", "state", "Print a report of the audit daemon's state", "Reported" },
        { "whoami", NULL, NULL, "Print the identity that would be recorded", NULL },
        { 0 },
};

const struct verb *verb_find(const char *name) {
        for (const struct verb *verb = verbs; verb->name; verb++)
                if (strcmp(verb->name, name) == 0)
                        return verb;
        return NULL;
}

char *verb_suggestion(const char *name) {
        const char *names[sizeof(verbs) / sizeof(verbs[0])] = { 0 };

        for (size_t i = 0; verbs[i].name; i++)
                names[i] = verbs[i].name;
        return text_suggestion(name, strlen(name), "", names);
}

/* Whoami requests nothing. */
static uint64_t options_of(const struct verb *verb) {
        return (OPTION_BIT(OPTION_COUNT) - 1) & ~(verb->method ? 0 : REQUEST_OPTIONS);
}

/* Prints an error in the command line, and how to get help. Returns OUTCOME_USAGE. */
__attribute__((format(printf, 2, 3))) static int usage_error(const struct verb *verb, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        cleanup(cleanup_free) char *text = text_vformat(format, arguments);
        va_end(arguments);
        return complain(OUTCOME_USAGE, "%s\nTry: auditctl %s --help", text, verb->name);
}

/*
 * Whether REASON is certainly too long: a blank or control character makes each byte take two characters in the record.
 * The service checks exactly, but does not read a call above 16 KiB, in which a control character takes six bytes.
 */
static bool reason_too_long(const char *reason) {
        size_t length = strlen(reason), max = REASON_MAX;

        for (size_t i = 0; i < length; i++)
                if ((unsigned char)reason[i] <= ' ')
                        max = REASON_MAX / 2;
        return length > max;
}

int command_line_reason_too_long(void) {
        return complain(OUTCOME_USAGE,
                        "the reason is too long for the audit trail, which has %d characters for it: two for each "
                        "byte, or one if it is a single word; auditd was not told anything",
                        REASON_MAX);
}

int command_line_parse(int count, char **arguments, const struct verb *verb, struct settings *ret) {
        const char *given[OPTION_COUNT] = { 0 };
        int first;
        cleanup(cleanup_free) char *mistake =
                option_table_parse(&table, options_of(verb), false, count, arguments, given, &first);
        if (mistake)
                return usage_error(verb, "%s", mistake);

        struct settings settings = { .verb = verb,
                                     .timeout_ms = TIMEOUT_DEFAULT * 1000,
                                     .reason = given[REASON],
                                     .force = given[FORCE],
                                     .no_ask_password = given[NO_ASK_PASSWORD],
                                     .quiet = given[QUIET],
                                     .help = given[HELP],
                                     .version = given[VERSION] };
        if (first < count)
                return usage_error(verb, "%s takes no argument \"%s\"", verb->name, arguments[first]);
        if (given[JSON] && !json_mode_parse(given[JSON], &settings.json))
                return usage_error(verb, "--json is short, pretty, auto or off, not \"%s\"", given[JSON]);
        if (given[TIMEOUT] &&
            (!text_seconds(given[TIMEOUT], TIMEOUT_MAX, &settings.timeout_ms) || settings.timeout_ms < TIMEOUT_MIN_MS))
                return usage_error(verb, "--timeout is a number of seconds from 0.1 to %d, not \"%s\"", TIMEOUT_MAX,
                                   given[TIMEOUT]);
        if (settings.reason && reason_too_long(settings.reason))
                return command_line_reason_too_long();
        *ret = settings;
        return OUTCOME_DONE;
}

void command_line_help(const struct verb *verb) {
        printf("auditctl %s [OPTION...]\n%s.\n\n", verb->name, verb->summary);
        if (verb->method)
                printf("Your login (auid) and the reason are on disk before auditd gets the signal.\n\n");
        option_table_help(&table, options_of(verb));
        printf("\nVerbs:\n");
        for (const struct verb *other = verbs; other->name; other++)
                printf("  %-8s %s\n", other->name, other->summary);
        printf("See auditctl-stop(8) for exit statuses, and auditctl(8) for the stock program.\n");
}
