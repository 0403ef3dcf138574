/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* auditfaild: answers programs that cannot write to the audit trail. Options to privileges to policy to event loop. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/auditfaild/kernel_wait.h"
#include "daemon/auditfaild/reload.h"
#include "daemon/auditfaild/service_policy.h"
#include "daemon/auditfaild/state.h"
#include "daemon/common/log.h"
#include "daemon/common/privileges.h"
#include "daemon/server/sockets.h"
#include "daemon/server/start.h"
#include "protocol/cleanup.h"
#include "protocol/clock.h"
#include "protocol/message_ids.h"
#include "protocol/stderr_is_journal.h"
#include "protocol/well_known.h"

#define STATUS_INTERVAL_USEC 10000000ULL
#define TRACE_BURST          60 /* one run of su, sudo, sshd or cron may lose six records */

/*
 * Says to libauditfail-preload.so, where that is in /etc/ld.so.preload, that this program's own records are none of its
 * business: it would ask us what to do, and we would wait for our own answer.
 */
extern const char auditfail_preload_leaves_alone;
__attribute__((visibility("default"))) const char auditfail_preload_leaves_alone = 1;

struct options {
        const char *listen[SOCKETS_MAX];
        size_t listen_count;
        char root[POLICY_ROOT_MAX];
        const char *runtime, *user;
        unsigned idle_timeout;
        bool journal, trail;
};

static const char help_text[] =
        "Usage: auditfaild [OPTION]...\n"
        "Tells programs what to do when they cannot write to the audit trail: ignore, log or terminate.\n\n"
        "It listens on the sockets that systemd hands over, and on those named here.\n\n"
        "  --listen PATH           listen on a socket of its own, too; may be given again\n"
        "  --root DIR              read the policy files below DIR instead of /\n"
        "  --runtime DIR           keep policy.snapshot in DIR instead of " RUNTIME_FOLDER "\n"
        "  --user NAME             when started as root, become NAME instead of " DAEMON_USER "\n"
        "  --no-trail              write no audit records, only log entries\n"
        "  --idle-timeout SECONDS  hang up on other users after this time without a call (60)\n"
        "  --log TARGET            journal or stderr (default: the journal, if stderr leads there)\n"
        "  --help                  show this help\n"
        "  --version               show the version\n\n"
        "Signals: SIGHUP reads the policy files again; SIGTERM and SIGINT end it.\n"
        "See auditfaild(8), auditfail.conf(5), auditfailctl(1).\n";

static int usage_error(const char *message, const char *argument) {
        fprintf(stderr, "auditfaild: %s%s. Try auditfaild --help\n", message, argument);
        return EXIT_USAGE;
}

/* The folder that stands for /, by the name that answers will have: absolute, without links; "/" itself is "". */
static int resolve_root(const char *path, char ret[static POLICY_ROOT_MAX]) {
        cleanup(cleanup_free) char *resolved = realpath(path, NULL);

        if (!resolved) {
                fprintf(stderr, "auditfaild: --root %s: %m\n", path);
                return EXIT_USAGE;
        }
        if (strlen(resolved) >= POLICY_ROOT_MAX)
                return usage_error("this path is too long: ", resolved);
        strcpy(ret, strcmp(resolved, "/") == 0 ? "" : resolved);
        return -1;
}

/* Returns -1 to go on, else the exit status. */
static int parse_options(int argc, char **argv, struct options *options) {
        enum { LISTEN = 256, ROOT, RUNTIME, USER, NO_TRAIL, IDLE_TIMEOUT, LOG, HELP, VERSION };
        static const struct option known[] = {
                { "listen", required_argument, NULL, LISTEN },
                { "root", required_argument, NULL, ROOT },
                { "runtime", required_argument, NULL, RUNTIME },
                { "user", required_argument, NULL, USER },
                { "no-trail", no_argument, NULL, NO_TRAIL },
                { "idle-timeout", required_argument, NULL, IDLE_TIMEOUT },
                { "log", required_argument, NULL, LOG },
                { "help", no_argument, NULL, HELP },
                { "version", no_argument, NULL, VERSION },
                { 0 },
        };

        int status = -1;

        for (int option; status == -1 && (option = getopt_long(argc, argv, "", known, NULL)) != -1;)
                switch (option) {
                case LISTEN:
                        if (options->listen_count == SOCKETS_MAX)
                                return usage_error("too many sockets: ", optarg);
                        options->listen[options->listen_count++] = optarg;
                        break;
                case ROOT:
                        status = resolve_root(optarg, options->root);
                        break;
                case RUNTIME:
                        options->runtime = optarg;
                        break;
                case USER:
                        options->user = optarg;
                        break;
                case NO_TRAIL:
                        options->trail = false;
                        break;
                case IDLE_TIMEOUT:
                        if (!start_seconds(optarg, 1, &options->idle_timeout))
                                return usage_error("not a number of seconds from 1 to 86400: ", optarg);
                        break;
                case LOG:
                        if (!start_log_target(optarg, &options->journal))
                                return usage_error("neither journal nor stderr: ", optarg);
                        break;
                case HELP:
                        fputs(help_text, stdout);
                        return EXIT_SUCCESS;
                case VERSION:
                        puts("auditfaild " AUDITFAIL_VERSION);
                        return EXIT_SUCCESS;
                default:
                        fputs("Try auditfaild --help\n", stderr);
                        return EXIT_USAGE;
                }
        if (status == -1 && optind < argc)
                return usage_error("no arguments are expected: ", argv[optind]);
        return status;
}

/* Connections are what this daemon is for: as many as whoever started it allows. */
static void raise_descriptor_limit(void) {
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
                return;
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
                log_line(LOG_WARNING, "Could not raise the limit of open files to %ju: %m", (uintmax_t)limit.rlim_max);
}

static int on_status_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        struct auditfaild *daemon = userdata;

        (void)usec;
        if (daemon->queries != daemon->queries_notified) {
                daemon->queries_notified = daemon->queries;
                auditfaild_notify(daemon, "");
        }
        sd_event_source_set_time_relative(source, STATUS_INTERVAL_USEC);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_hangup_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        struct auditfaild *daemon = userdata;

        (void)source, (void)info;
        if (reload_request(daemon->reloader, NULL, NULL) < 0)
                log_line(LOG_ERR, "Out of memory: the policy files are not read again");
        return 0;
}

static int prepare_events(struct auditfaild *daemon) {
        sigset_t signals;
        int r;

        /* Blocked in every thread that comes: signals are for the event loop. */
        sigemptyset(&signals);
        sigaddset(&signals, SIGHUP);
        sigaddset(&signals, SIGTERM);
        sigaddset(&signals, SIGINT);
        sigprocmask(SIG_BLOCK, &signals, NULL);
        signal(SIGPIPE, SIG_IGN);

        if ((r = sd_event_default(&daemon->event)) < 0 ||
            (r = sd_event_add_signal(daemon->event, NULL, SIGHUP, on_hangup_signal, daemon)) < 0 ||
            (r = sd_event_add_signal(daemon->event, NULL, SIGTERM, NULL, NULL)) < 0 ||
            (r = sd_event_add_signal(daemon->event, NULL, SIGINT, NULL, NULL)) < 0 ||
            (r = sd_event_add_time_relative(daemon->event, NULL, CLOCK_MONOTONIC, STATUS_INTERVAL_USEC,
                                            STATUS_INTERVAL_USEC / 10, on_status_timer, daemon)) < 0 ||
            (r = sd_event_set_watchdog(daemon->event, true)) < 0)
                log_line(LOG_ERR, "Could not set up the event loop: %s", strerror(-r));
        return r < 0 ? r : 0;
}

static int prepare_service(struct auditfaild *daemon, const struct varlink_service *service,
                           const struct options *options, const struct sockets *sockets) {
        int r;

        if ((r = reporter_new(options->journal, options->trail, &daemon->reporter)) < 0 ||
            (r = ratelimit_new(TRACE_BURST, &daemon->ratelimit)) < 0 ||
            (r = ratelimit_new(KERNEL_WAIT_BURST, &daemon->kernel_waits)) < 0 ||
            (r = reloader_new(daemon, &daemon->reloader)) < 0 ||
            (r = server_new(daemon->event, service, options->idle_timeout, &daemon->server)) < 0) {
                log_line(LOG_ERR, "Could not start: %s", strerror(-r));
                return r;
        }
        return start_listening(daemon->server, sockets);
}

static void release(struct auditfaild *daemon) {
        server_free(daemon->server);
        reloader_free(daemon->reloader);
        monitors_clear(&daemon->monitors);
        reporter_free(daemon->reporter);
        ratelimit_free(daemon->ratelimit);
        ratelimit_free(daemon->kernel_waits);
        policy_unref(daemon->policy);
        diagnostics_clear(&daemon->problems);
        sd_event_unref(daemon->event);
}

static int run(const struct options *options, const struct sockets *sockets, uid_t started_by) {
        cleanup(release) struct auditfaild daemon = {
                .places = { .root = options->root, .owner = *options->root ? started_by : 0 },
                .runtime = options->runtime,
                .uid = geteuid(),
                .monitors.uid = geteuid(),
                .started_usec = realtime_usec(),
        };
        const struct varlink_service service = { .product = "auditfaild",
                                                 .interface = &policy_interface,
                                                 .context = &daemon };
        int r;

        if ((r = prepare_events(&daemon)) < 0 || (r = reload_first(&daemon)) < 0 ||
            (r = prepare_service(&daemon, &service, options, sockets)) < 0)
                return r;
        log_event(LOG_INFO, AUDITFAIL_MESSAGE_STARTED_STR, "Ready: %zu applications, generation %" PRIu64,
                  policy_count(daemon.policy), daemon.generation);
        auditfaild_notify(&daemon, "READY=1\n");
        r = server_run(daemon.server);
        sd_notify(false, "STOPPING=1\nSTATUS=Stopping …");
        if (r < 0)
                log_line(LOG_ERR, "The event loop failed: %s", strerror(-r));
        return r;
}

int main(int argc, char **argv) {
        cleanup(sockets_close) struct sockets sockets = { 0 };
        struct options options = { .runtime = RUNTIME_FOLDER,
                                   .idle_timeout = IDLE_TIMEOUT_SEC,
                                   .journal = stderr_is_journal(),
                                   .trail = true };
        uid_t started_by = getuid();
        int r = parse_options(argc, argv, &options);

        if (r >= 0)
                return r;
        log_to_journal(options.journal);
        if (sockets_from_systemd(&sockets) < 0)
                return EXIT_FAILURE;
        for (size_t i = 0; i < options.listen_count; i++)
                if (sockets_listen(&sockets, options.listen[i]) < 0)
                        return EXIT_FAILURE;
        if (sockets.count == 0)
                return usage_error("no socket: start auditfaild.socket instead of the service, or give --listen PATH",
                                   "");
        raise_descriptor_limit();
        if (privileges_drop(options.user, UINT64_C(1) << CAP_AUDIT_WRITE) < 0)
                return EXIT_FAILURE;
        start_log_privileges();
        return run(&options, &sockets, started_by) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
