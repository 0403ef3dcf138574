/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Check: does the kernel keep the caller's records? For programs that may not ask the kernel. Who may not write records
 * gets EPERM at once, so that an ordinary user cannot keep the control daemon busy.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <stdlib.h>

#include "daemon.h"
#include "kernel_check.h"
#include "peer.h"
#include "probe.h"
#include "service_policy.h"

/* A caller that waits for the control daemon's answer. */
struct waiting {
        struct connection *connection;
        struct kernel_check *check;
        unsigned type;
};

/* The kernel keeps records of access decisions while auditing is off. */
static bool is_disabled(unsigned type, bool enabled) {
        return !enabled && type != AUDIT_USER_AVC;
}

/* ERROR: with which the caller's records are lost, 0: they are kept. ANSWER: NULL where the kernel was not asked. */
static void send_reply(struct connection *connection, int error, const struct kernel_answer *answer) {
        struct json_writer *w = connection_reply(connection);

        if (error != 0)
                json_integer(w, "errno", error);
        if (answer) {
                json_integer(w, "lost", answer->lost);
                json_boolean(w, "pressed", answer->pressed);
        }
        connection_send(connection, false);
}

static void on_answer(const struct kernel_answer *answer, void *userdata) {
        struct waiting *waiting = userdata;
        struct connection *connection = waiting->connection;
        int error = 0;

        if (answer && is_disabled(waiting->type, answer->enabled))
                error = ERROR_DISABLED;
        else if (answer && answer->excluded)
                error = ERROR_EXCLUDED;
        send_reply(connection, error, answer);
        connection_stream_end(connection);
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

static int ask(struct connection *connection, const struct daemon *daemon, unsigned type) {
        struct waiting *waiting = malloc(sizeof(*waiting));
        int r;

        if (!waiting)
                return -ENOMEM;
        *waiting = (struct waiting){ .connection = connection, .type = type };
        r = kernel_check_start(daemon->event, daemon->runtime, type, connection->pid, on_answer, waiting,
                               &waiting->check);
        if (r < 0) {
                free(waiting);
                return r;
        }
        server_event_changed(daemon->server);
        connection_stream_begin(connection, (struct stream){ .step = wait_step, .end = wait_end, .data = waiting });
        return 0;
}

int serve_check(struct connection *connection, struct call *call, const struct service *service) {
        const struct daemon *daemon = service->context;
        int64_t type = 0;
        bool present;
        int r;

        if ((r = call_integer_in(call, "type", json_member(call->parameters, "type"), 0, AUDIT_LAST_USER_MSG2, &type,
                                 &present)) < 0)
                return r;
        if (!peer_has_capability(connection->pid, CAP_AUDIT_WRITE))
                send_reply(connection, EPERM, NULL);
        else if (is_disabled((unsigned)type, audit_probe_new() != -ERROR_DISABLED))
                send_reply(connection, ERROR_DISABLED, NULL);
        else if (ask(connection, daemon, (unsigned)type) < 0)
                send_reply(connection, 0, NULL);
        return 0;
}
