/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* auditfail-controld: stops the audit daemon, and sees to it that the trail says for whom. */
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/common/log.h"
#include "daemon/common/privileges.h"
#include "daemon/controld/admission.h"
#include "daemon/controld/controld.h"
#include "daemon/controld/kernel_asker.h"
#include "daemon/controld/request.h"
#include "daemon/controld/service_control.h"
#include "daemon/controld/worker.h"
#include "daemon/server/start.h"
#include "protocol/cleanup.h"

#define IDLE_EXIT_SEC     30
#define LOOK_AROUND_USEC  250000ULL /* how often to see whether there is nothing left to do */
#define CAPABILITIES_KEPT (UINT64_C(1) << CAP_AUDIT_CONTROL | UINT64_C(1) << CAP_AUDIT_WRITE)

/* When to end: after a while with nothing to do, or when told to, and nothing is left. */
struct life {
        struct controld controld;
        unsigned idle_exit; /* seconds; 0: never */
        uint64_t idle_usec; /* for how long by now */
        bool finished;      /* told to end, nothing was left to do: the last replies have until the next look */
};

static const char help_text[] =
        "Usage: auditfail-controld [OPTION]...\n"
        "Stops, restarts and signals the audit daemon for people whose names are in the trail before it is told.\n\n"
        "It listens on the sockets that systemd hands over, and on those named here.\n\n"
        "  --listen PATH        listen on a socket of its own, too; may be given again\n"
        "  --idle-exit SECONDS  end after this time with nothing to do (30); 0: never\n"
        "  --no-trail           identify callers, but record nothing and signal nobody: every request fails\n"
        "  --log TARGET         journal or stderr (default: the journal, if stderr leads there)\n"
        "  --help               show this help\n"
        "  --version            show the version\n\n"
        "Signals: SIGTERM and SIGINT end it, when what it has begun is done.\n"
        "See auditfail-controld(8).\n";

static int on_end_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *data) {
        struct controld *controld = data;

        (void)source, (void)info;
        sd_notify(false, "STOPPING=1");
        controld->ending = true;
        if (controld->active)
                request_cancel(controld->active);
        return 0;
}

/*
 * Ends the daemon when there is nothing to do. A caller who connects at that moment waits in the listening socket,
 * which is systemd's, and for the next daemon.
 */
static int on_look_around(sd_event_source *source, uint64_t usec, void *data) {
        struct life *life = data;
        struct server_figures figures;
        bool finished = life->controld.ending && worker_count() == 0;

        (void)usec;
        server_figures(life->controld.server, &figures);
        life->idle_usec = figures.connections == 0 && worker_count() == 0 ? life->idle_usec + LOOK_AROUND_USEC : 0;
        if ((finished && life->finished) || (life->idle_exit > 0 && life->idle_usec >= life->idle_exit * 1000000ULL))
                return sd_event_exit(life->controld.event, 0);
        life->finished = finished;
        sd_event_source_set_time_relative(source, LOOK_AROUND_USEC);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int prepare_events(struct life *life) {
        struct controld *controld = &life->controld;
        sigset_t children;
        int r;

        sigemptyset(&children);
        sigaddset(&children, SIGCHLD);
        sigprocmask(SIG_BLOCK, &children, NULL); /* sd-event watches them */

        if ((r = start_event_loop(&controld->event)) < 0 ||
            (r = sd_event_add_signal(controld->event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, on_end_signal,
                                     controld)) < 0 ||
            (r = sd_event_add_signal(controld->event, NULL, SIGINT | SD_EVENT_SIGNAL_PROCMASK, on_end_signal,
                                     controld)) < 0 ||
            (r = sd_event_add_time_relative(controld->event, NULL, CLOCK_MONOTONIC, LOOK_AROUND_USEC, 1000,
                                            on_look_around, life)) < 0)
                log_line(LOG_ERR, "Could not set up the event loop: %s", strerror(-r));
        return r;
}

static void release(struct life *life) {
        struct controld *controld = &life->controld;

        server_free(controld->server);
        kernel_asker_free(controld->asker);
        authority_free(controld->authority);
        ratelimit_free(controld->requests);
        ratelimit_free(controld->refusals);
        sd_event_unref(controld->event);
}

/*
 * The kernel gives credentials to what is sent before accept() in any case, and to what is sent later where they are
 * asked for. A connection inherits that from its listening socket: asked for on the connection alone, they would be
 * missing from what is sent in between.
 */
static int ask_for_credentials(const struct sockets *sockets) {
        for (size_t i = 0; i < sockets->count; i++)
                if (setsockopt(sockets->fds[i], SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, sizeof(int)) < 0) {
                        int r = -errno;

                        log_line(LOG_ERR, "Could not ask for credentials on a listening socket: %m");
                        return r;
                }
        return 0;
}

static int run(struct life *life, const struct sockets *sockets) {
        struct controld *controld = &life->controld;
        const struct varlink_service service = { .product = "auditfail-controld",
                                                 .interface = &control_interface,
                                                 .context = controld,
                                                 .hooks = &admission_hooks };
        int r;

        if ((r = prepare_events(life)) < 0)
                return r;
        if ((r = authority_new(controld->event, &controld->authority)) < 0 ||
            (r = kernel_asker_new(controld->event, &controld->asker)) < 0 ||
            (r = ratelimit_new(REQUEST_BURST, &controld->requests)) < 0 ||
            (r = ratelimit_new(REQUEST_BURST, &controld->refusals)) < 0) {
                log_line(LOG_ERR, "Could not start: %s", strerror(-r));
                return r;
        }
        if ((r = ask_for_credentials(sockets)) < 0 ||
            (r = start_server(controld->event, &service, IDLE_TIMEOUT_SEC, sockets, &controld->server)) < 0)
                return r;
        sd_notifyf(false, "READY=1\nSTATUS=%s may ask",
                   authority_has_polkit(controld->authority) ? "Root, and whom polkit lets,"
                                                             : "Root alone (there is no polkit)");
        return server_run(controld->server);
}

int main(int argc, char **argv) {
        cleanup(sockets_close) struct sockets sockets = { 0 };
        cleanup(release) struct life life = { .controld.trail = true, .idle_exit = IDLE_EXIT_SEC };
        const struct program program = {
                .name = "auditfail-controld",
                .help = help_text,
                .options = { { "idle-exit", .seconds = &life.idle_exit }, { "no-trail", .off = &life.controld.trail } },
        };
        struct start start;
        int status;

        if ((status = start_options(&program, argc, argv, &start)) >= 0 ||
            (status = start_sockets(&program, &start, &sockets)) >= 0)
                return status;
        if (privileges_drop("root", CAPABILITIES_KEPT) < 0)
                return EXIT_FAILURE;
        privileges_log();
        return run(&life, &sockets) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
