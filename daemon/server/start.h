/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What both daemons do before they serve: command line, log, sockets, event loop. In main(), in this order. */
#ifndef AUDITFAIL_START_H
#define AUDITFAIL_START_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "daemon/server/server.h"
#include "daemon/server/sockets.h"

#define EXIT_USAGE        2
#define START_OPTIONS_MAX 8

/* A long option of one daemon. One of the pointers says what it sets. */
struct start_option {
        const char *name;
        const char **text;          /* to its argument */
        bool *off;                  /* to false; the option has no argument */
        unsigned *seconds, minimum; /* to a number from MINIMUM to 86400 */
};

struct program {
        const char *name, *help;
        struct start_option options[START_OPTIONS_MAX]; /* beside --listen, --log, --help and --version */
};

/* What the common options say. The pointers are into argv. */
struct start {
        const char *listen[SOCKETS_MAX];
        size_t listen_count;
        bool journal; /* log to the journal, not to stderr */
};

/* Reads the command line. Returns -1 to go on, or the exit status: --help and --version are done, or it is wrong. */
int start_options(const struct program *program, int argc, char **argv, struct start *ret);

/* Prints what is wrong with the command line. Returns EXIT_USAGE. */
int start_usage_error(const struct program *program, const char *message, const char *argument);

/* Opens the log, takes systemd's sockets and makes those of --listen. Returns -1 to go on, or the exit status. */
int start_sockets(const struct program *program, const struct start *start, struct sockets *ret);

/* Makes the event loop: with a watchdog if systemd wants one, and without SIGPIPE. Returns 0 or a negative errno. */
int start_event_loop(sd_event **ret);

/*
 * Takes the result of sd_notify(). A failure is logged: systemd restarts a service that does not say when it is ready.
 */
void start_notified(int result);

/* Makes the server and lets it accept connections on SOCKETS. Returns 0 or a negative errno; the failure is logged. */
int start_server(sd_event *event, const struct varlink_service *service, unsigned idle_timeout_sec,
                 const struct sockets *sockets, struct server **ret);

#endif
