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
 * One place that decisions go to: a queue, and a thread that empties it.
 *
 * Belongs to the reporter until the thread has ended. A thread that hangs when the reporter goes owns it from then on.
 */
struct sink {
        const char *name;
        bool journal;        /* journal_write() goes there, not to stderr */
        struct trail *trail; /* NULL: this is the journal's sink */

        pthread_t thread;
        pthread_mutex_t lock; /* of what follows */
        pthread_cond_t changed;
        bool stopping;  /* no more comes: end when the queue is empty */
        bool ended;     /* the thread is done, and does not touch the sink again */
        bool abandoned; /* nobody waits for the thread: it frees the sink */
        uint64_t dropped;
        size_t first, count;
        struct decision queue[REPORT_QUEUE_MAX];
};

struct reporter {
        struct sink *log;
        struct sink *trail; /* or NULL */
};

static struct sink *sink_destroy(struct sink *sink) {
        pthread_cond_destroy(&sink->changed);
        pthread_mutex_destroy(&sink->lock);
        trail_free(sink->trail);
        free(sink);
        return NULL;
}

/* Waits for the next decision. Returns false when there is none, and none will come. */
static bool sink_take(struct sink *sink, struct decision *ret, uint64_t *ret_dropped) {
        bool taken = false;

        pthread_mutex_lock(&sink->lock);
        while (sink->count == 0 && !sink->stopping)
                pthread_cond_wait(&sink->changed, &sink->lock);
        if (sink->count > 0) {
                *ret = sink->queue[sink->first];
                *ret_dropped = sink->dropped;
                sink->count--;
                /* An empty queue begins anew, so that a quiet daemon uses the same page of it all the time. */
                sink->first = sink->count == 0 ? 0 : (sink->first + 1) % REPORT_QUEUE_MAX;
                sink->dropped = 0;
                taken = true;
        }
        pthread_mutex_unlock(&sink->lock);
        return taken;
}

static void sink_write(struct sink *sink, const struct decision *decision, uint64_t dropped) {
        if (sink->trail)
                trail_write(sink->trail, decision);
        else
                journal_write(decision, sink->journal);
        if (dropped > 0)
                log_line(LOG_WARNING, "The %s was too slow: decisions left out there: %" PRIu64, sink->name, dropped);
}

static void *sink_run(void *argument) {
        struct sink *sink = argument;
        struct decision decision;
        uint64_t dropped;

        pthread_setname_np(pthread_self(), sink->name);
        if (sink->trail)
                trail_probe(sink->trail);
        while (sink_take(sink, &decision, &dropped))
                sink_write(sink, &decision, dropped);

        pthread_mutex_lock(&sink->lock);
        bool abandoned = sink->abandoned;

        sink->ended = true;
        pthread_cond_signal(&sink->changed);
        pthread_mutex_unlock(&sink->lock);
        if (abandoned)
                sink_destroy(sink);
        return NULL;
}

static int sink_start(struct sink *sink) {
        sigset_t all, before;

        /* Signals are the event loop's. */
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        int error = pthread_create(&sink->thread, NULL, sink_run, sink);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        return -error;
}

/* TRAIL, which may be NULL, is the sink's from here on, also on failure. */
static int sink_new(const char *name, bool journal, struct trail *trail, struct sink **ret) {
        struct sink *sink = calloc(1, sizeof(*sink));
        pthread_condattr_t attributes;
        int r;

        if (!sink) {
                trail_free(trail);
                return -ENOMEM;
        }
        sink->name = name;
        sink->journal = journal;
        sink->trail = trail;
        pthread_mutex_init(&sink->lock, NULL);
        pthread_condattr_init(&attributes);
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        pthread_cond_init(&sink->changed, &attributes);
        pthread_condattr_destroy(&attributes);

        r = sink_start(sink);
        if (r < 0) {
                sink_destroy(sink);
                return r;
        }
        *ret = sink;
        return 0;
}

static bool sink_submit(struct sink *sink, const struct decision *decision) {
        bool room;

        pthread_mutex_lock(&sink->lock);
        room = sink->count < REPORT_QUEUE_MAX;
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

/* Waits for the thread until DEADLINE. Frees SINK, or leaves that to the thread where it hangs beyond. Returns NULL. */
static struct sink *sink_free(struct sink *sink, const struct timespec *deadline) {
        int r = 0;

        pthread_mutex_lock(&sink->lock);
        while (!sink->ended && r == 0)
                r = pthread_cond_timedwait(&sink->changed, &sink->lock, deadline);

        if (sink->ended) {
                pthread_mutex_unlock(&sink->lock);
                pthread_join(sink->thread, NULL);
                return sink_destroy(sink);
        }

        /* To stderr, since the journal may be what hangs. */
        fprintf(stderr, "auditfaild: The %s takes nothing: decisions left out there: %zu\n", sink->name,
                sink->count + 1);
        sink->abandoned = true;
        pthread_detach(sink->thread);
        pthread_mutex_unlock(&sink->lock); /* from here on the thread may free the sink at any time */
        return NULL;
}

int reporter_new(bool journal, bool trail, struct reporter **ret) {
        struct reporter *reporter = calloc(1, sizeof(*reporter));
        struct trail *records = NULL;
        int r;

        if (!reporter)
                return -ENOMEM;
        r = sink_new(journal ? "journal" : "log", journal, NULL, &reporter->log);
        if (r >= 0 && trail)
                r = trail_new(&records);
        if (r >= 0 && trail)
                r = sink_new("audit trail", false, records, &reporter->trail);
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
        /* Both at once, as they have to share the time. */
        if (reporter->trail)
                sink_stop(reporter->trail);
        if (reporter->log)
                sink_stop(reporter->log);
        if (reporter->trail)
                sink_free(reporter->trail, &deadline);
        if (reporter->log)
                sink_free(reporter->log, &deadline);
        free(reporter);
        return NULL;
}

bool reporter_submit(struct reporter *reporter, const struct decision *decision) {
        bool logged = sink_submit(reporter->log, decision);
        bool recorded = reporter->trail && sink_submit(reporter->trail, decision);

        return logged || recorded;
}

bool reporter_trail_works(const struct reporter *reporter) {
        return reporter->trail && trail_works(reporter->trail->trail);
}
