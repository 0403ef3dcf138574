/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/auditfaild/report.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "daemon/auditfaild/report_journal.h"
#include "daemon/auditfaild/report_trail.h"
#include "daemon/common/log.h"

#define FREE_SECONDS 2

/*
 * A queue, and the thread that writes what is in it: to the trail, or else to the log.
 *
 * Belongs to the reporter until the thread has ended. If the thread hangs when the reporter is freed, it belongs to the
 * thread.
 */
struct sink {
        const char *name;
        enum { TO_STDERR, TO_JOURNAL, TO_TRAIL } target;
        struct trail trail;

        pthread_t thread;
        pthread_mutex_t lock; /* protects what follows */
        pthread_cond_t changed;
        bool stopping;  /* end when the queue is empty */
        bool abandoned; /* the reporter is gone: the thread frees the sink */
        uint64_t dropped;
        size_t first, count;
        struct decision queue[REPORT_QUEUE_MAX];
};

enum { LOG_SINK, TRAIL_SINK, SINK_COUNT };

struct reporter {
        struct sink *sinks[SINK_COUNT]; /* the trail's can be NULL */
};

static void sink_destroy(struct sink *sink) {
        trail_close(&sink->trail);
        free(sink);
}

/* Waits for the next decision. Returns false if the queue is empty and the sink is to stop. */
static bool sink_take(struct sink *sink, struct decision *ret, uint64_t *ret_dropped) {
        bool taken = false;

        pthread_mutex_lock(&sink->lock);
        while (sink->count == 0 && !sink->stopping)
                pthread_cond_wait(&sink->changed, &sink->lock);
        if (sink->count > 0) {
                *ret = sink->queue[sink->first];
                *ret_dropped = sink->dropped;
                sink->count--;
                /* An empty queue starts again at its first page: a quiet daemon needs no other. */
                sink->first = sink->count == 0 ? 0 : (sink->first + 1) % REPORT_QUEUE_MAX;
                sink->dropped = 0;
                taken = true;
        }
        pthread_mutex_unlock(&sink->lock);
        return taken;
}

static void *sink_run(void *argument) {
        struct sink *sink = argument;
        struct decision decision;
        uint64_t dropped;
        bool abandoned;

        pthread_setname_np(pthread_self(), sink->name);
        if (sink->target == TO_TRAIL)
                trail_probe(&sink->trail);
        while (sink_take(sink, &decision, &dropped)) {
                if (sink->target == TO_TRAIL)
                        trail_write(&sink->trail, &decision);
                else
                        journal_write(&decision, sink->target == TO_JOURNAL);
                if (dropped > 0)
                        log_line(LOG_WARNING, "The %s was too slow: decisions not reported there: %" PRIu64, sink->name,
                                 dropped);
        }

        pthread_mutex_lock(&sink->lock);
        abandoned = sink->abandoned;
        pthread_mutex_unlock(&sink->lock);
        if (abandoned)
                sink_destroy(sink);
        return NULL;
}

static int sink_new(const char *name, int target, struct sink **ret) {
        struct sink *sink = calloc(1, sizeof(*sink));
        sigset_t all, before;
        int error;

        if (!sink)
                return -ENOMEM;
        sink->name = name;
        sink->target = target;
        sink->trail = (struct trail)TRAIL_NULL;
        pthread_mutex_init(&sink->lock, NULL);
        pthread_cond_init(&sink->changed, NULL);

        /* Signals are for the event loop's thread. */
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        error = pthread_create(&sink->thread, NULL, sink_run, sink);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (error != 0) {
                sink_destroy(sink);
                return -error;
        }
        *ret = sink;
        return 0;
}

static bool sink_submit(struct sink *sink, const struct decision *decision) {
        size_t limit = decision->budget == BUDGET_SYSTEM ? REPORT_QUEUE_MAX : REPORT_QUEUE_PERSONS;
        bool room;

        pthread_mutex_lock(&sink->lock);
        room = sink->count < limit;
        if (room)
                sink->queue[(sink->first + sink->count++) % REPORT_QUEUE_MAX] = *decision;
        else
                sink->dropped++;
        pthread_cond_signal(&sink->changed);
        pthread_mutex_unlock(&sink->lock);
        return room;
}

static void sink_stop(struct sink *sink) {
        pthread_mutex_lock(&sink->lock);
        sink->stopping = true;
        pthread_cond_signal(&sink->changed);
        pthread_mutex_unlock(&sink->lock);
}

/* Waits for the thread until DEADLINE, and frees SINK, or leaves that to a thread that hangs. */
static void sink_free(struct sink *sink, const struct timespec *deadline) {
        if (pthread_clockjoin_np(sink->thread, NULL, CLOCK_MONOTONIC, deadline) == 0) {
                sink_destroy(sink);
                return;
        }
        pthread_mutex_lock(&sink->lock);
        /* To stderr: the journal may be what hangs. */
        fprintf(stderr, "auditfaild: The %s hangs: decisions not reported there: %zu\n", sink->name, sink->count + 1);
        sink->abandoned = true;
        pthread_detach(sink->thread);
        pthread_mutex_unlock(&sink->lock); /* after this, the thread may free the sink at any time */
}

int reporter_new(bool journal, bool trail, struct reporter **ret) {
        struct reporter *reporter = calloc(1, sizeof(*reporter));
        int r;

        if (!reporter)
                return -ENOMEM;
        r = sink_new(journal ? "journal" : "log", journal ? TO_JOURNAL : TO_STDERR, &reporter->sinks[LOG_SINK]);
        if (r >= 0 && trail)
                r = sink_new("audit trail", TO_TRAIL, &reporter->sinks[TRAIL_SINK]);
        if (r < 0) {
                reporter_free(reporter);
                return r;
        }
        *ret = reporter;
        return 0;
}

struct reporter *reporter_free(struct reporter *reporter) {
        struct timespec deadline;

        if (!reporter)
                return NULL;
        clock_gettime(CLOCK_MONOTONIC, &deadline);
        deadline.tv_sec += FREE_SECONDS;
        /* Stop both first: they share the time. */
        for (int i = 0; i < SINK_COUNT; i++)
                if (reporter->sinks[i])
                        sink_stop(reporter->sinks[i]);
        for (int i = 0; i < SINK_COUNT; i++)
                if (reporter->sinks[i])
                        sink_free(reporter->sinks[i], &deadline);
        free(reporter);
        return NULL;
}

bool reporter_submit(struct reporter *reporter, const struct decision *decision) {
        struct sink *trail = reporter->sinks[TRAIL_SINK];
        bool logged = sink_submit(reporter->sinks[LOG_SINK], decision);
        bool recorded = trail && decision->budget != BUDGET_PERSONS && sink_submit(trail, decision);

        return logged || recorded;
}

bool reporter_trail_works(const struct reporter *reporter) {
        return reporter->sinks[TRAIL_SINK] && trail_works(&reporter->sinks[TRAIL_SINK]->trail);
}
