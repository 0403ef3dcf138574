/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/auditfaild/kernel_wait.h"

#include <errno.h>
#include <stdlib.h>

/* A caller that waits for the control daemon's answer. */
struct waiting {
        struct connection *connection;
        const struct auditfaild *daemon;
        struct kernel_check *check;
        unsigned type;
        kernel_wait_fn *reply;
};

static void on_answer(const struct kernel_answer *answer, void *userdata) {
        struct waiting *waiting = userdata;
        struct connection *connection = waiting->connection;

        waiting->reply(connection, waiting->daemon, waiting->type, answer);
        connection_stream_end(connection); /* frees WAITING */
        server_wake(connection);
}

static bool wait_step(struct connection *connection, void *data) {
        (void)connection, (void)data;
        return false; /* the reply comes from on_answer() */
}

static void wait_end(struct connection *connection, void *data) {
        struct waiting *waiting = data;

        (void)connection;
        kernel_check_free(waiting->check);
        free(waiting);
}

/* Nobody but root keeps the control daemon busy. */
static bool may_ask(const struct connection *connection, const struct auditfaild *daemon) {
        uid_t uid = connection->user->uid;
        uint64_t suppressed;

        return uid == 0 ||
               ratelimit_allow(daemon->kernel_waits, "kernel", uid, server_now(daemon->server), &suppressed);
}

static int ask(struct connection *connection, const struct auditfaild *daemon, unsigned type, pid_t pid,
               kernel_wait_fn *reply) {
        if (!may_ask(connection, daemon))
                return -EBUSY;

        struct waiting *waiting = malloc(sizeof(*waiting));
        int r;

        if (!waiting)
                return -ENOMEM;
        *waiting = (struct waiting){ .connection = connection, .daemon = daemon, .type = type, .reply = reply };
        r = kernel_check_start(daemon->event, daemon->runtime, type, pid, on_answer, waiting, &waiting->check);
        if (r < 0) {
                free(waiting);
                return r;
        }
        server_event_changed(daemon->server);
        connection_stream_begin(connection,
                                (struct stream){ .send_next = wait_step, .end = wait_end, .data = waiting });
        return 0;
}

void kernel_wait(struct connection *connection, const struct auditfaild *daemon, unsigned type, pid_t pid,
                 kernel_wait_fn *reply) {
        if (ask(connection, daemon, type, pid, reply) < 0)
                reply(connection, daemon, type, NULL);
}
