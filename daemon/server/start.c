/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/server/start.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/common/log.h"
#include "protocol/stderr_is_journal.h"

/*
 * libauditfail-preload.so, if it is in /etc/ld.so.preload, looks for this symbol, and then leaves the program's own
 * audit records alone. Otherwise it would ask auditfaild about them, and auditfaild would wait for itself.
 */
extern const char auditfail_preload_leaves_alone;
__attribute__((visibility("default"), used)) const char auditfail_preload_leaves_alone = 1;

enum { LISTEN = 256, LOG, HELP, VERSION };

static const struct option common_options[] = {
        { "listen", required_argument, NULL, LISTEN },
        { "log", required_argument, NULL, LOG },
        { "help", no_argument, NULL, HELP },
        { "version", no_argument, NULL, VERSION },
};

#define COMMON_COUNT (sizeof(common_options) / sizeof(common_options[0]))

int start_usage_error(const struct program *program, const char *message, const char *argument) {
        fprintf(stderr, "%s: %s%s. Try %s --help\n", program->name, message, argument, program->name);
        return EXIT_USAGE;
}

static int set_seconds(const struct program *program, const struct start_option *option, const char *text) {
        unsigned long value;
        char message[64], *end;

        errno = 0;
        value = strtoul(text, &end, 10);
        if (errno == 0 && end != text && !*end && *text != '-' && value >= option->minimum && value <= 86400) {
                *option->seconds = (unsigned)value;
                return -1;
        }
        snprintf(message, sizeof(message), "not a number of seconds from %u to 86400: ", option->minimum);
        return start_usage_error(program, message, text);
}

static int set_own(const struct program *program, const struct start_option *option, const char *argument) {
        if (option->seconds)
                return set_seconds(program, option, argument);
        if (option->text)
                *option->text = argument;
        else
                *option->off = false;
        return -1;
}

static int set_common(const struct program *program, int option, const char *argument, struct start *start) {
        switch (option) {
        case LISTEN:
                if (start->listen_count == SOCKETS_MAX)
                        return start_usage_error(program, "too many sockets: ", argument);
                start->listen[start->listen_count++] = argument;
                return -1;
        case LOG:
                start->journal = strcmp(argument, "journal") == 0;
                if (!start->journal && strcmp(argument, "stderr") != 0)
                        return start_usage_error(program, "neither journal nor stderr: ", argument);
                return -1;
        case HELP:
                fputs(program->help, stdout);
                return EXIT_SUCCESS;
        case VERSION:
                printf("%s " AUDITFAIL_VERSION "\n", program->name);
                return EXIT_SUCCESS;
        default: /* getopt_long() has said what is wrong */
                fprintf(stderr, "Try %s --help\n", program->name);
                return EXIT_USAGE;
        }
}

int start_options(const struct program *program, int argc, char **argv, struct start *ret) {
        struct option known[START_OPTIONS_MAX + COMMON_COUNT + 1] = { 0 };
        int own = 0, status = -1;

        for (; own < START_OPTIONS_MAX && program->options[own].name; own++)
                known[own] = (struct option){
                        .name = program->options[own].name,
                        .has_arg = program->options[own].off ? no_argument : required_argument,
                        .val = own,
                };
        memcpy(known + own, common_options, sizeof(common_options));
        *ret = (struct start){ .journal = stderr_is_journal() };
        for (int option; status < 0 && (option = getopt_long(argc, argv, "", known, NULL)) != -1;)
                status = option < own ? set_own(program, &program->options[option], optarg)
                                      : set_common(program, option, optarg, ret);
        if (status < 0 && optind < argc)
                return start_usage_error(program, "no arguments are expected: ", argv[optind]);
        return status;
}

int start_sockets(const struct program *program, const struct start *start, struct sockets *ret) {
        log_to_journal(start->journal);
        if (sockets_from_systemd(ret) < 0)
                return EXIT_FAILURE;
        for (size_t i = 0; i < start->listen_count; i++)
                if (sockets_listen(ret, start->listen[i]) < 0)
                        return EXIT_FAILURE;
        if (ret->count > 0)
                return -1;
        fprintf(stderr, "%s: no socket: start %s.socket instead of the service, or give --listen PATH. Try %s --help\n",
                program->name, program->name, program->name);
        return EXIT_USAGE;
}

int start_event_loop(sd_event **ret) {
        int r = sd_event_default(ret);

        signal(SIGPIPE, SIG_IGN);
        return r < 0 ? r : sd_event_set_watchdog(*ret, true);
}

void start_notified(int result) {
        if (result < 0)
                log_line(LOG_ERR,
                         "Cannot notify systemd: %s. If the unit stays \"activating\" or \"reloading\", restart it",
                         strerror(-result));
}

int start_server(sd_event *event, const struct varlink_service *service, unsigned idle_timeout_sec,
                 const struct sockets *sockets, struct server **ret) {
        int r = server_new(event, service, idle_timeout_sec, ret);

        for (size_t i = 0; r >= 0 && i < sockets->count; i++)
                r = server_listen(*ret, sockets->fds[i]);
        if (r < 0)
                log_line(LOG_ERR, "Cannot start the server: %s", strerror(-r));
        return r;
}
