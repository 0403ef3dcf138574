/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditctl/command_line.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "client/auditctl/outcome.h"
#include "client/common/text.h"

#define TIMEOUT_DEFAULT 30  /* seconds, as in the service */
#define TIMEOUT_MAX     600 /* seconds, as in the service */
#define TIMEOUT_MIN_MS  100
#define REASON_MAX      4096 /* characters that the audit record has for it */

enum { REASON = 256, FORCE, TIMEOUT, JSON, NO_ASK_PASSWORD, HELP };

static const struct option longs[] = {
        { .name = "reason", .has_arg = required_argument, .val = REASON },
        { .name = "force", .val = FORCE },
        { .name = "timeout", .has_arg = required_argument, .val = TIMEOUT },
        { .name = "json", .val = JSON },
        { .name = "no-ask-password", .val = NO_ASK_PASSWORD },
        { .name = "help", .val = HELP },
        { 0 },
};

/* The last entry has no name. */
static const struct verb verbs[] = {
        { "stop", "Stop", NULL, "Stop the audit daemon", "Stopped" },
        { "restart", "Restart", NULL, "Stop the audit daemon, and make systemd start it again", "Restarted" },
        { "reload", "Signal", "reload", "Make the audit daemon read its configuration again, and load the rules",
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

static int usage_error(const struct verb *verb) {
        fprintf(stderr, "Try: auditctl %s --help\n", verb->name);
        return OUTCOME_USAGE;
}

static int set_option(struct settings *settings, int option) {
        switch (option) {
        case REASON:
                settings->reason = optarg;
                return OUTCOME_DONE;
        case FORCE:
                settings->force = true;
                return OUTCOME_DONE;
        case TIMEOUT:
                if (text_seconds(optarg, TIMEOUT_MAX, &settings->timeout_ms) && settings->timeout_ms >= TIMEOUT_MIN_MS)
                        return OUTCOME_DONE;
                complain(0, "--timeout is a number of seconds from 0.1 to %d, not \"%s\"", TIMEOUT_MAX, optarg);
                return usage_error(settings->verb);
        case JSON:
                settings->json = true;
                return OUTCOME_DONE;
        case NO_ASK_PASSWORD:
                settings->no_ask_password = true;
                return OUTCOME_DONE;
        case HELP:
        case 'h':
                settings->help = true;
                return OUTCOME_DONE;
        default:
                return usage_error(settings->verb); /* getopt_long() has printed an error */
        }
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
        struct settings settings = { .verb = verb, .timeout_ms = TIMEOUT_DEFAULT * 1000 };
        int option;

        optind = 2; /* after the verb */
        while ((option = getopt_long(count, arguments, "h", longs, NULL)) != -1)
                if (set_option(&settings, option) != OUTCOME_DONE)
                        return OUTCOME_USAGE;
        if (optind < count) {
                complain(0, "%s takes no argument \"%s\"", verb->name, arguments[optind]);
                return usage_error(verb);
        }
        if (!verb->method && (settings.reason || settings.force || settings.no_ask_password)) {
                complain(0, "%s takes neither --reason nor --force nor --no-ask-password", verb->name);
                return usage_error(verb);
        }
        if (settings.reason && reason_too_long(settings.reason))
                return command_line_reason_too_long();
        *ret = settings;
        return OUTCOME_DONE;
}

void command_line_help(const struct verb *verb) {
        printf("auditctl %s [OPTION...]\n%s.\n\n", verb->name, verb->summary);
        if (verb->method)
                printf("The audit trail has your login (auid) and the reason on disk before auditd gets the signal.\n\n"
                       "  --reason=TEXT      reason for the audit trail\n"
                       "  --force            as root: go on without a login, or without the record on disk\n"
                       "  --no-ask-password  never ask for a password\n");
        printf("  --timeout=SECONDS  time limit of the request (default: %d)\n"
               "  --json             print JSON with the names of the interface, one object a line\n"
               "  -h, --help         show this help\n\n",
               TIMEOUT_DEFAULT);
        printf("Verbs:\n");
        for (const struct verb *other = verbs; other->name; other++)
                printf("  %-8s %s\n", other->name, other->summary);
        printf("\nSee auditctl-stop(8), also for the exit statuses. For the stock auditctl, see auditctl(8).\n");
}
