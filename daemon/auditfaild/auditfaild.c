/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* auditfaild: tells programs what to do when they cannot write to the audit trail. */
#include <inttypes.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/auditfaild/kernel_question.h"
#include "daemon/auditfaild/reload.h"
#include "daemon/auditfaild/report_budget.h"
#include "daemon/auditfaild/service_policy.h"
#include "daemon/auditfaild/state.h"
#include "daemon/common/log.h"
#include "daemon/common/privileges.h"
#include "daemon/server/start.h"
#include "protocol/cleanup.h"
#include "protocol/clock.h"
#include "protocol/message_ids.h"
#include "protocol/well_known.h"

struct options {
        const char *root, *runtime, *user, *trail;
        unsigned idle_timeout;
        bool records; /* false: --no-trail */
        enum trail_rule rule;
};

static const char help_text[] =
        "Usage: auditfaild [OPTION]...\n"
        "Tells programs what to do when they cannot write to the audit trail: ignore, log or terminate.\n\n"
        "It listens on the sockets that systemd passes, and on those of --listen.\n\n"
        "  --listen PATH           also listen on a socket at PATH; may be repeated\n"
        "  --root DIR              read the policy files below DIR instead of /\n"
        "  --runtime DIR           keep policy.snapshot in DIR instead of " RUNTIME_FOLDER "\n"
        "  --user NAME             if started as root, become NAME instead of " DAEMON_USER "\n"
        "  --trail WHOSE           record losses in the trail: of system (root, setuid-root programs and\n"
        "                          services), everyone or none (default: system)\n"
        "  --no-trail              the same as --trail none\n"
        "  --idle-timeout SECONDS  close other users' connections after this time without a call (60)\n"
        "  --log TARGET            journal or stderr (default: the journal, if stderr leads there)\n"
        "  --help                  show this help\n"
        "  --version               show the version\n\n"
        "Signals: SIGHUP reloads the policy files; SIGTERM and SIGINT end the daemon.\n"
        "See auditfaild(8), auditfail.conf(5), auditfailctl(1).\n";

/* The folder that stands for /, as replies name it: absolute, without links; "" for "/". Returns -1 to go on. */
static int resolve_root(const struct program *program, const char *path, char ret[static POLICY_ROOT_MAX]) {
        cleanup(cleanup_free) char *resolved = realpath(path, NULL);

        if (!resolved) {
                fprintf(stderr, "%s: --root %s: %m\n", program->name, path);
                return EXIT_USAGE;
        }
        if (strlen(resolved) >= POLICY_ROOT_MAX)
                return start_usage_error(program, "this path is too long: ", resolved);
        strcpy(ret, strcmp(resolved, "/") == 0 ? "" : resolved);
        return -1;
}

/* Whose losses go to the trail. Returns -1 to go on. */
static int read_rule(const struct program *program, struct options *options) {
        int rule = trail_rule_from_name(options->trail);

        if (rule < 0)
                return start_usage_error(program, "--trail: neither system, everyone nor none: ", options->trail);
        options->rule = options->records ? (enum trail_rule)rule : TRAIL_NONE;
        return -1;
}

/* Each connection needs a descriptor: use as many as the hard limit allows. */
static void raise_descriptor_limit(void) {
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
                return;
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
                log_line(LOG_WARNING,
                         "Cannot raise the limit of open files to %ju: %m. Fewer programs can connect at once",
                         (uintmax_t)limit.rlim_max);
}

static int on_hangup_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        struct auditfaild *daemon = userdata;

        (void)source, (void)info;
        if (reload_request(daemon->reloader, NULL, NULL) < 0)
                log_line(LOG_ERR, "Cannot reload the policy files: out of memory");
        return 0;
}

/* Blocks the signals, and so every thread that is started later has them blocked, too. */
static int prepare_events(struct auditfaild *daemon) {
        int r;

        if ((r = start_event_loop(&daemon->event)) < 0 || (r = sd_event_set_signal_exit(daemon->event, true)) < 0 ||
            (r = sd_event_add_signal(daemon->event, NULL, SIGHUP | SD_EVENT_SIGNAL_PROCMASK, on_hangup_signal,
                                     daemon)) < 0)
                log_line(LOG_ERR, "Cannot set up the event loop: %s", strerror(-r));
        return r;
}

static int prepare_daemon(struct auditfaild *daemon, bool journal, enum trail_rule rule) {
        int r;

        if ((r = reporter_new(journal, rule != TRAIL_NONE, &daemon->reporter)) < 0 ||
            (r = budgets_new(rule, &daemon->budgets)) < 0 ||
            (r = ratelimit_new(KERNEL_QUESTION_BURST, &daemon->kernel_questions)) < 0 ||
            (r = reloader_new(daemon, &daemon->reloader)) < 0)
                log_line(LOG_ERR, "Cannot start: %s", strerror(-r));
        return r;
}

static void release(struct auditfaild *daemon) {
        server_free(daemon->server);
        reloader_free(daemon->reloader);
        monitors_clear(&daemon->monitors);
        reporter_free(daemon->reporter);
        budgets_free(daemon->budgets);
        ratelimit_free(daemon->kernel_questions);
        policy_free(daemon->policy);
        diagnostics_clear(&daemon->problems);
        sd_event_unref(daemon->event);
}

static int run(struct auditfaild *daemon, const struct start *start, const struct options *options,
               const struct sockets *sockets) {
        const struct varlink_service service = {
                .product = "auditfaild",
                .interface = &policy_interface,
                .context = daemon,
                .no_connection = "{\"error\":\"" POLICY_INTERFACE
                                 ".QuotaExceeded\",\"parameters\":{\"resource\":\"connections\"}}",
        };
        int r;

        if ((r = prepare_events(daemon)) < 0 || (r = reload_first(daemon)) < 0 ||
            (r = prepare_daemon(daemon, start->journal, options->rule)) < 0 ||
            (r = start_server(daemon->event, &service, options->idle_timeout, sockets, &daemon->server)) < 0)
                return r;
        log_event(LOG_INFO, AUDITFAIL_MESSAGE_STARTED_STR, "Ready: %zu applications, generation %" PRIu64,
                  policy_count(daemon->policy), daemon->generation);
        reload_notify_ready(daemon);
        r = server_run(daemon->server);
        sd_notify(false, "STOPPING=1\nSTATUS=Stopping …");
        return r;
}

int main(int argc, char **argv) {
        struct options options = { .root = "/",
                                   .runtime = "/run/auditfail",
                                   .trail = "system",
                                   .records = true,
                                   .idle_timeout = IDLE_TIMEOUT_SEC };
        const struct program program = {
                .name = "auditfaild",
                .help = help_text,
                .options = { { "root", .text = &options.root },
                             { "runtime", .text = &options.runtime },
                             { "user", .text = &options.user },
                             { "trail", .text = &options.trail },
                             { "no-trail", .off = &options.records },
                             { "idle-timeout", .seconds = &options.idle_timeout, .minimum = 1 } },
        };
        cleanup(sockets_close) struct sockets sockets = { 0 };
        char root[POLICY_ROOT_MAX];
        uid_t started_by = getuid();
        struct start start;
        int status;

        if ((status = start_options(&program, argc, argv, &start)) >= 0 ||
            (status = read_rule(&program, &options)) >= 0 ||
            (status = resolve_root(&program, options.root, root)) >= 0 ||
            (status = start_sockets(&program, &start, &sockets)) >= 0)
                return status;
        raise_descriptor_limit();
        if (privileges_drop(options.user, UINT64_C(1) << CAP_AUDIT_WRITE) < 0)
                return EXIT_FAILURE;
        privileges_log();

        cleanup(release) struct auditfaild daemon = {
                .places = { .root = root, .owner = *root ? started_by : 0 },
                .runtime = options.runtime,
                .uid = geteuid(),
                .monitors.uid = geteuid(),
                .started_usec = realtime_usec(),
        };
        return run(&daemon, &start, &options, &sockets) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
