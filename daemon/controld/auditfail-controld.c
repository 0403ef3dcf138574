/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* auditfail-controld: stops and signals auditd after the audit trail names the person who requested it. */
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/common/log.h"
#include "daemon/common/privileges.h"
#include "daemon/controld/admission.h"
#include "daemon/controld/controld.h"
#include "daemon/controld/request.h"
#include "daemon/controld/service_control.h"
#include "daemon/controld/worker.h"
#include "daemon/server/start.h"
#include "protocol/cleanup.h"
#include "protocol/clock.h"
#include "protocol/well_known.h"

#define IDLE_EXIT_SEC     30
#define CAPABILITIES_KEPT (UINT64_C(1) << CAP_AUDIT_CONTROL | UINT64_C(1) << CAP_AUDIT_WRITE)

struct life {
        struct controld controld;
        unsigned idle_exit; /* seconds; 0: never */
};

static const char help_text[] =
        "Usage: auditfail-controld [OPTION]...\n"
        "Stop, restart and signal auditd after the audit trail names the person who requested it.\n\n"
        "The daemon listens on the sockets that systemd passes, and on those named here.\n\n"
        "  --listen PATH        listen on PATH, too; may be given again\n"
        "  --idle-exit SECONDS  end after this time with nothing to do (30); 0: never\n"
        "  --no-trail           identify callers, but record nothing and signal nothing: every request fails\n"
        "  --log TARGET         journal or stderr (default: the journal, if stderr leads there)\n"
        "  --help               show this help\n"
        "  --version            show the version\n\n"
        "Signals: SIGTERM and SIGINT end the daemon once the current request is done or cancelled.\n"
        "See auditfail-controld(8).\n";

static int on_end_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *data) {
        struct life *life = data;

        (void)source, (void)info;
        sd_notify(false, "STOPPING=1");
        life->controld.ending = true;
        if (life->controld.active)
                request_cancel(life->controld.active);
        if (worker_count() > 0)
                log_line(LOG_NOTICE,
                         "Ends after %zu unfinished requests. If systemd ends them first (TimeoutStopSec=) and auditd "
                         "does not run, start it: systemctl start auditd",
                         worker_count());
        return 0;
}

/* Runs after each event, such as the signal to end and the end of the last worker. */
static int on_any_event(sd_event_source *source, void *data) {
        const struct life *life = data;

        (void)source;
        return life->controld.ending && worker_count() == 0 ? sd_event_exit(life->controld.event, 0) : 0;
}

/* When the last connection was closed; now, if there is one, or a worker. */
static uint64_t idle_since(const struct life *life) {
        struct server_figures figures;

        server_figures(life->controld.server, &figures);
        return figures.connections > 0 || worker_count() > 0 ? monotonic_usec() : figures.closed_usec;
}

/*
 * Runs at the earliest time at which the daemon can have been idle for long enough. A caller who connects at the moment
 * it ends waits in the listening socket, which is systemd's, for the next daemon.
 */
static int on_idle_time(sd_event_source *source, uint64_t usec, void *data) {
        struct life *life = data;
        uint64_t end = idle_since(life) + life->idle_exit * 1000000ULL;

        (void)usec;
        if (end <= monotonic_usec())
                return sd_event_exit(life->controld.event, 0);
        sd_event_source_set_time(source, end);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int prepare_events(struct life *life) {
        struct controld *controld = &life->controld;
        int r;

        if ((r = start_event_loop(&controld->event)) < 0 ||
            (r = sd_event_add_signal(controld->event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, on_end_signal, life)) <
                    0 ||
            (r = sd_event_add_signal(controld->event, NULL, SIGINT | SD_EVENT_SIGNAL_PROCMASK, on_end_signal, life)) <
                    0 ||
            (r = sd_event_add_post(controld->event, NULL, on_any_event, life)) < 0 ||
            (life->idle_exit > 0 &&
             (r = sd_event_add_time_relative(controld->event, NULL, CLOCK_MONOTONIC, life->idle_exit * 1000000ULL, 0,
                                             on_idle_time, life)) < 0))
                log_line(LOG_ERR, "Cannot set up the event loop: %s", strerror(-r));
        return r;
}

static void release(struct life *life) {
        struct controld *controld = &life->controld;

        server_free(controld->server);
        authority_free(controld->authority);
        ratelimit_free(controld->requests);
        ratelimit_free(controld->refusals);
        unfinished_free(controld->unfinished);
        sd_event_unref(controld->event);
}

/*
 * A connection inherits SO_PASSCRED from its listening socket. Set on the connection alone, it would come too late for
 * bytes that the caller sends before.
 */
static int ask_for_credentials(const struct sockets *sockets) {
        for (size_t i = 0; i < sockets->count; i++)
                if (setsockopt(sockets->fds[i], SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, sizeof(int)) < 0) {
                        int r = -errno;

                        log_line(LOG_ERR, "Cannot ask for credentials on a listening socket: %m");
                        return r;
                }
        return 0;
}

static int run(struct life *life, const struct sockets *sockets) {
        struct controld *controld = &life->controld;
        const struct varlink_service service = { .product = "auditfail-controld",
                                                 .no_connection = "{\"error\":\"" CONTROL_INTERFACE
                                                                  ".PermissionDenied\",\"parameters\":{\"reason\":"
                                                                  "\"this user has too many connections\"}}",
                                                 .interface = &control_interface,
                                                 .context = controld,
                                                 .hooks = &admission_hooks };
        int r;

        if ((r = prepare_events(life)) < 0)
                return r;
        if ((r = authority_new(controld->event, &authority_limits, &controld->authority)) < 0 ||
            (r = ratelimit_new(REQUEST_BURST, &controld->requests)) < 0 ||
            (r = ratelimit_new(REQUEST_BURST, &controld->refusals)) < 0) {
                log_line(LOG_ERR, "Cannot start: %s", strerror(-r));
                return r;
        }
        controld->unfinished = unfinished_new(controld->trail ? getenv("RUNTIME_DIRECTORY") : NULL);
        if (!controld->unfinished) {
                log_line(LOG_ERR, "Cannot start: %m");
                return -errno;
        }
        if ((r = ask_for_credentials(sockets)) < 0 ||
            (r = start_server(controld->event, &service, IDLE_TIMEOUT_SEC, sockets, &controld->server)) < 0)
                return r;
        request_explain_lost(controld);
        start_notified(sd_notifyf(false, "READY=1\nSTATUS=%s may send requests",
                                  authority_has_polkit(controld->authority) ? "Root and users authorised by polkit"
                                                                            : "Only root (polkit is not installed)"));
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
