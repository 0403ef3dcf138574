/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/auditfaild/reload.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/common/log.h"
#include "daemon/policy/snapshot_write.h"
#include "daemon/server/start.h"
#include "protocol/cleanup.h"
#include "protocol/clock.h"
#include "protocol/message_ids.h"

#define SNAPSHOT_RETRY_USEC 5000000ULL

struct waiter {
        uint64_t load; /* the number of the load that it waits for */
        reload_done *done;
        void *userdata;
        STAILQ_ENTRY(waiter) next;
};

/* The result of a load. */
struct load {
        struct policy *policy;
        struct diagnostics problems;
        int error;
        bool changed;
        bool stale; /* the snapshot is not this policy's */
        uint64_t generation;
};

struct reloader {
        struct auditfaild *daemon;
        sd_event_source *finished;
        int finished_fd;        /* an eventfd: the thread has ended, or is about to */
        sd_event_source *retry; /* NULL until it is needed */
        bool running;
        bool only_snapshot; /* the thread loads nothing, and writes the snapshot of the policy in force */
        pthread_t thread;
        struct load load;              /* belongs to the thread while it runs */
        uint64_t number;               /* of the last load that was started */
        STAILQ_HEAD(, waiter) waiters; /* in the order of their loads */
};

/* For programs that find no daemon. Returns whether it was written. The daemon goes on without. */
static bool write_snapshot(const struct auditfaild *daemon, const struct policy *policy, uint64_t generation) {
        int r = snapshot_write(daemon->runtime, daemon->places.root, policy, generation);

        if (r < 0)
                log_event(LOG_ERR, AUDITFAIL_MESSAGE_NO_SNAPSHOT_STR,
                          "Cannot write %s/policy.snapshot: %s. Programs that find no daemon will act on an older "
                          "policy, or terminate, until the daemon can write it",
                          daemon->runtime, strerror(-r));
        return r == 0;
}

static void log_problems(const struct diagnostics *problems) {
        for (size_t i = 0; i < problems->count; i++) {
                cleanup(cleanup_free) char *line = diagnostic_line(&problems->items[i]);

                if (line)
                        log_line(problems->items[i].severity == SEVERITY_ERROR ? LOG_ERR : LOG_WARNING, "%s", line);
        }
        if (problems->omitted > 0)
                log_line(LOG_ERR, "%zu more problems are not shown", problems->omitted);
}

int reload_first(struct auditfaild *daemon) {
        uint64_t generation = 0, fingerprint = 0;
        int r;

        diagnostics_clear(&daemon->problems);
        r = policy_load(&daemon->places, POLICY_LOAD_LENIENT, &daemon->policy, &daemon->problems);
        log_problems(&daemon->problems);
        if (r < 0) {
                /* Go on: without a daemon, programs would act on the old snapshot. */
                daemon->reload_failed = true;
                log_event(LOG_CRIT, AUDITFAIL_MESSAGE_BROKEN_POLICY_STR,
                          "No policy could be loaded (%s): every program is told to terminate, until a reload succeeds",
                          strerror(-r));
                if ((r = policy_new(daemon->places.root, &daemon->policy)) < 0)
                        return r;
        }

        /* The generation continues that of the daemon before this one. */
        r = snapshot_read_header(daemon->runtime, &generation, &fingerprint);
        if (r < 0 && r != -ENOENT)
                log_line(LOG_WARNING,
                         "Cannot use the old %s/policy.snapshot: %s. A new one replaces it, and the generation begins "
                         "at 1",
                         daemon->runtime, strerror(-r));
        if (r < 0 || fingerprint != policy_fingerprint(daemon->policy))
                generation++;
        daemon->generation = generation;
        daemon->loaded_usec = realtime_usec();
        daemon->snapshot_stale = !write_snapshot(daemon, daemon->policy, generation);
        return 0;
}

static void load_policy(const struct auditfaild *daemon, struct load *load) {
        load->error = policy_load(&daemon->places, POLICY_LOAD_STRICT, &load->policy, &load->problems);
        if (load->error < 0)
                return;
        load->changed = policy_fingerprint(daemon->policy) != policy_fingerprint(load->policy);
        load->generation = daemon->generation + load->changed;
        load->stale = !write_snapshot(daemon, load->policy, load->generation);
}

/* Policy and generation can be read here: the main thread changes them only after the end of this thread. */
static void *reloader_thread(void *userdata) {
        struct reloader *reloader = userdata;
        const struct auditfaild *daemon = reloader->daemon;

        if (reloader->only_snapshot)
                reloader->load.stale =
                        snapshot_write(daemon->runtime, daemon->places.root, daemon->policy, daemon->generation) < 0;
        else
                load_policy(daemon, &reloader->load);
        eventfd_write(reloader->finished_fd, 1);
        return NULL;
}

/* Returns 0, or a negative errno if there is no thread. */
static int thread_start(struct reloader *reloader, bool only_snapshot) {
        reloader->load = (struct load){ .problems = DIAGNOSTICS_NULL };
        reloader->only_snapshot = only_snapshot;
        int r = pthread_create(&reloader->thread, NULL, reloader_thread, reloader);
        reloader->running = r == 0;
        return -r;
}

/* Removes the first waiter, if its load is over. */
static struct waiter *next_waiter(struct reloader *reloader, uint64_t load) {
        struct waiter *waiter = STAILQ_FIRST(&reloader->waiters);

        if (!waiter || waiter->load > load)
                return NULL;
        STAILQ_REMOVE_HEAD(&reloader->waiters, next);
        return waiter;
}

static void notify_reloading(void) {
        /* systemd.service(5): the time tells this reload's READY=1 from an earlier one's. */
        start_notified(sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=Reading the policy files …",
                                  monotonic_usec()));
}

void reload_notify_ready(const struct auditfaild *daemon) {
        char problems[128] = "";

        if (daemon->reload_failed || daemon->problems.errors > 0)
                snprintf(problems, sizeof(problems), "; %s (errors: %zu), see: auditfailctl status",
                         daemon->reload_failed ? "the last reload FAILED" : "some files cannot be used",
                         daemon->problems.errors);
        start_notified(sd_notifyf(false, "READY=1\nSTATUS=%zu applications, generation %" PRIu64 "%s",
                                  policy_count(daemon->policy), daemon->generation, problems));
}

/* Puts the new policy into force, or keeps the old one. */
static void apply(struct auditfaild *daemon, struct load *load) {
        diagnostics_clear(&daemon->problems);
        daemon->problems = load->problems;
        daemon->reload_failed = load->error < 0;
        log_problems(&daemon->problems);
        if (load->error < 0) {
                log_event(LOG_ERR, AUDITFAIL_MESSAGE_RELOAD_FAILED_STR,
                          "The new policy is not taken (%zu errors); the old one, generation %" PRIu64
                          ", stays in force",
                          daemon->problems.errors, daemon->generation);
                return;
        }
        policy_free(daemon->policy);
        daemon->policy = load->policy;
        daemon->generation = load->generation;
        daemon->snapshot_stale = load->stale;
        daemon->loaded_usec = realtime_usec();
        log_event(LOG_INFO, AUDITFAIL_MESSAGE_RELOADED_STR, "Policy loaded: %zu applications, generation %" PRIu64 "%s",
                  policy_count(daemon->policy), daemon->generation, load->changed ? "" : " (nothing changed)");
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata);

/* Tries again later to write the snapshot if that has failed, such as on a full file system. */
static void plan_retry(struct reloader *reloader) {
        struct auditfaild *daemon = reloader->daemon;
        int r = 0;

        if (!daemon->snapshot_stale)
                return;
        if (!reloader->retry)
                r = sd_event_add_time_relative(daemon->event, &reloader->retry, CLOCK_MONOTONIC, SNAPSHOT_RETRY_USEC, 0,
                                               on_retry, reloader);
        else if ((r = sd_event_source_set_time_relative(reloader->retry, SNAPSHOT_RETRY_USEC)) >= 0)
                r = sd_event_source_set_enabled(reloader->retry, SD_EVENT_ONESHOT);
        if (r < 0)
                log_line(LOG_ERR, "Cannot plan to write the snapshot again: %s. Reload when this is repaired",
                         strerror(-r));
}

/* A thread that runs already ends with a new plan. */
static int on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        struct reloader *reloader = userdata;

        (void)source, (void)usec;
        if (reloader->daemon->snapshot_stale && !reloader->running && thread_start(reloader, true) < 0)
                plan_retry(reloader);
        return 0;
}

static void finish_retry(struct reloader *reloader) {
        struct auditfaild *daemon = reloader->daemon;

        daemon->snapshot_stale = reloader->load.stale;
        if (!daemon->snapshot_stale)
                log_line(LOG_NOTICE, "The snapshot is written: programs that find no daemon act on generation %" PRIu64,
                         daemon->generation);
        plan_retry(reloader);
}

static void finish_load(struct reloader *reloader) {
        struct auditfaild *daemon = reloader->daemon;
        bool ok = reloader->load.error == 0, changed = reloader->load.changed;

        apply(daemon, &reloader->load);
        plan_retry(reloader);
        reload_notify_ready(daemon);
        monitors_reload(&daemon->monitors, daemon->generation,
                        &(struct monitor_reload){
                                .ok = ok,
                                .changed = changed,
                                .applications = policy_count(daemon->policy),
                                .problems = daemon->problems.count + daemon->problems.omitted,
                        });
        for (struct waiter *waiter; (waiter = next_waiter(reloader, reloader->number)); free(waiter))
                if (waiter->done)
                        waiter->done(daemon, reloader->load.error, changed, waiter->userdata);
}

static void start(struct reloader *reloader) {
        int r;

        reloader->number++;
        notify_reloading();
        r = thread_start(reloader, false);
        if (r == 0)
                return;
        diagnostics_error(&reloader->load.problems, "auditfaild", NULL,
                          "cannot start a thread to read the policy files: %s; reload again", strerror(-r));
        reloader->load.error = r;
        finish_load(reloader);
}

static int on_finished(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        struct reloader *reloader = userdata;
        eventfd_t count;

        (void)source, (void)revents;
        /* After a failure the descriptor stays readable, so the loop calls again. The load must not be applied twice.
         */
        if (eventfd_read(fd, &count) < 0)
                return 0;
        pthread_join(reloader->thread, NULL);
        reloader->running = false;
        if (reloader->only_snapshot)
                finish_retry(reloader);
        else
                finish_load(reloader);
        if (!STAILQ_EMPTY(&reloader->waiters))
                start(reloader);
        return 0;
}

int reload_request(struct reloader *reloader, reload_done *done, void *userdata) {
        struct waiter *waiter = malloc(sizeof(*waiter));

        if (!waiter)
                return -ENOMEM;
        *waiter = (struct waiter){ .load = reloader->number + 1, .done = done, .userdata = userdata };
        STAILQ_INSERT_TAIL(&reloader->waiters, waiter, next);
        if (!reloader->running)
                start(reloader);
        return 0;
}

void reload_forget(struct reloader *reloader, const void *userdata) {
        struct waiter *waiter;

        STAILQ_FOREACH(waiter, &reloader->waiters, next)
        if (waiter->userdata == userdata)
                waiter->done = NULL;
}

int reloader_new(struct auditfaild *daemon, struct reloader **ret) {
        struct reloader *reloader = calloc(1, sizeof(*reloader));
        int r;

        if (!reloader)
                return -ENOMEM;
        reloader->daemon = daemon;
        STAILQ_INIT(&reloader->waiters);
        reloader->finished_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (reloader->finished_fd < 0)
                r = -errno;
        else
                r = sd_event_add_io(daemon->event, &reloader->finished, reloader->finished_fd, EPOLLIN, on_finished,
                                    reloader);
        if (r < 0) {
                reloader_free(reloader);
                return r;
        }
        plan_retry(reloader);
        *ret = reloader;
        return 0;
}

struct reloader *reloader_free(struct reloader *reloader) {
        if (!reloader)
                return NULL;
        if (reloader->running) {
                pthread_join(reloader->thread, NULL);
                policy_free(reloader->load.policy);
                diagnostics_clear(&reloader->load.problems);
        }
        for (struct waiter *waiter; (waiter = next_waiter(reloader, UINT64_MAX));)
                free(waiter);
        sd_event_source_disable_unref(reloader->finished);
        sd_event_source_disable_unref(reloader->retry);
        cleanup_fd(&reloader->finished_fd);
        free(reloader);
        return NULL;
}
