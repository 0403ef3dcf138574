/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/auditfaild/monitor.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/server/server.h"
#include "protocol/clock.h"

enum event_type { EVENT_DECISION, EVENT_RELOAD };

struct monitor_event {
        enum event_type type;
        uint64_t time_usec, generation;
        union {
                struct decision decision;
                struct monitor_reload reload;
        };
};

struct monitor {
        struct monitors *monitors;
        struct connection *connection;
        uint64_t next; /* the first event that it has not sent */
        uint64_t lost; /* events that were overwritten since its last reply */
        LIST_ENTRY(monitor) in_list;
};

/* A user sees the decisions for its own programs only. */
static bool may_see(const struct monitor *monitor, const struct monitor_event *event) {
        uid_t uid = monitor->connection->user->uid;

        return event->type == EVENT_RELOAD || uid == 0 || uid == monitor->monitors->uid ||
               uid == event->decision.peer.uid;
}

static struct json_writer *begin(struct connection *connection, const char *event, uint64_t time_usec,
                                 uint64_t generation, uint64_t lost) {
        struct json_writer *w = connection_reply(connection);

        json_string(w, "event", event);
        json_integer(w, "time", (int64_t)time_usec);
        json_integer(w, "generation", (int64_t)generation);
        json_integer(w, "lost", (int64_t)lost);
        return w;
}

static void write_decision(struct json_writer *w, const struct decision *decision) {
        const struct peer *peer = &decision->peer;

        json_object_begin(w, "decision");
        json_string(w, "application", decision->application);
        json_string(w, "action", action_name(decision->action));
        json_string_maybe(w, "kind", kind_name(decision->kind));
        if (decision->error != 0)
                json_integer(w, "errno", decision->error);
        json_string_maybe(w, "operation", decision->operation);
        json_string_maybe(w, "record", decision->record);
        json_string_maybe(w, "file", decision->file);
        if (decision->line != 0)
                json_integer(w, "line", decision->line);
        json_integer(w, "pid", peer->pid);
        json_integer(w, "uid", peer->uid);
        if (peer->auid != PEER_UNSET)
                json_integer(w, "auid", peer->auid);
        if (peer->session != PEER_UNSET)
                json_integer(w, "session", peer->session);
        json_string_maybe(w, "unit", decision->origin.unit);
        json_string_maybe(w, "program", peer->program);
        json_string_maybe(w, "exe", decision->origin.exe);
        json_integer(w, "suppressed", (int64_t)decision->suppressed);
        json_object_end(w);
}

static void write_reload(struct json_writer *w, const struct monitor_reload *reload) {
        json_object_begin(w, "reload");
        json_boolean(w, "ok", reload->ok);
        json_boolean(w, "changed", reload->changed);
        json_integer(w, "applications", (int64_t)reload->applications);
        json_integer(w, "problems", (int64_t)reload->problems);
        json_object_end(w);
}

static bool send_next(struct connection *connection, void *data) {
        struct monitor *monitor = data;
        const struct monitors *monitors = monitor->monitors;
        uint64_t oldest = monitors->next > MONITOR_EVENTS ? monitors->next - MONITOR_EVENTS : 0;
        struct json_writer *w;

        if (monitor->next < oldest) {
                monitor->lost += oldest - monitor->next;
                monitor->next = oldest;
        }
        while (monitor->next < monitors->next) {
                const struct monitor_event *event = &monitors->ring[monitor->next++ % MONITOR_EVENTS];

                if (!may_see(monitor, event))
                        continue;
                w = begin(connection, event->type == EVENT_DECISION ? "decision" : "reload", event->time_usec,
                          event->generation, monitor->lost);
                monitor->lost = 0;
                if (event->type == EVENT_DECISION)
                        write_decision(w, &event->decision);
                else
                        write_reload(w, &event->reload);
                connection_send(connection, true);
                return true;
        }
        return false;
}

static void end(struct connection *connection, void *data) {
        struct monitor *monitor = data;

        user_give_monitor(connection->user);
        LIST_REMOVE(monitor, in_list);
        monitor->monitors->count--;
        monitor->monitors->count_not_root -= connection->user->uid != 0;
        free(monitor);
}

int monitors_add(struct monitors *monitors, struct connection *connection, uint64_t generation) {
        struct monitor *monitor;

        if (!monitors->ring && !(monitors->ring = calloc(MONITOR_EVENTS, sizeof(*monitors->ring))))
                return -ENOMEM;
        if ((monitors->count_not_root >= MONITORS_MAX && connection->user->uid != 0) ||
            !user_take_monitor(connection->user))
                return -EDQUOT;
        monitor = malloc(sizeof(*monitor));
        if (!monitor) {
                user_give_monitor(connection->user);
                return -ENOMEM;
        }
        *monitor = (struct monitor){ .monitors = monitors, .connection = connection, .next = monitors->next };
        LIST_INSERT_HEAD(&monitors->list, monitor, in_list);
        monitors->count++;
        monitors->count_not_root += connection->user->uid != 0;
        connection_stream_begin(connection, (struct stream){ .send_next = send_next, .end = end, .data = monitor });
        begin(connection, "start", realtime_usec(), generation, 0);
        connection_send(connection, true);
        return 0;
}

/* Wakes the monitors. Returns the ring's next event, for the caller to fill in, or NULL if there is no monitor. */
static struct monitor_event *add_event(struct monitors *monitors, enum event_type type, uint64_t generation) {
        struct monitor_event *event;
        struct monitor *monitor;

        if (LIST_EMPTY(&monitors->list))
                return NULL;
        event = &monitors->ring[monitors->next++ % MONITOR_EVENTS];
        event->type = type;
        event->time_usec = realtime_usec();
        event->generation = generation;
        LIST_FOREACH(monitor, &monitors->list, in_list)
        server_wake(monitor->connection);
        return event;
}

void monitors_decision(struct monitors *monitors, uint64_t generation, const struct decision *decision) {
        struct monitor_event *event = add_event(monitors, EVENT_DECISION, generation);

        if (event)
                event->decision = *decision;
}

void monitors_reload(struct monitors *monitors, uint64_t generation, const struct monitor_reload *reload) {
        struct monitor_event *event = add_event(monitors, EVENT_RELOAD, generation);

        if (event)
                event->reload = *reload;
}

void monitors_clear(struct monitors *monitors) {
        free(monitors->ring);
        monitors->ring = NULL;
}
