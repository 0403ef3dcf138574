/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/service_kernel.h"

#include <linux/audit.h>
#include <string.h>

#include "daemon/common/log.h"
#include "daemon/controld/admission.h"
#include "daemon/controld/control_reply.h"
#include "daemon/controld/worker.h"
#include "protocol/audit/audit_subject.h"
#include "protocol/clock.h"

#define ANSWER_USEC 1000000ULL /* longer than auditfaild waits */

struct question {
        unsigned type;
        struct audit_subject subject;
        char exe[PATH_MAX];
};

/* Runs in a worker. */
static void ask_kernel(const void *data, int channel) {
        const struct question *question = data;
        struct audit_rules_question rules = { .subject = &question->subject };
        struct worker_message message = { .step = STEP_DONE };
        int r = audit_state_ask(&message.kernel, &rules);

        if (r < 0) {
                message.failure = FAILURE_FAILED;
                message.detail = strerror(-r);
        }
        message.excluded = audit_filter_drops(&rules.dropped, question->type);
        worker_message_send(channel, &message);
}

static void send_failure(struct connection *connection, const char *detail) {
        log_line(LOG_ERR, "Cannot ask the kernel for the state of auditing: %s", detail);
        control_reply_failed(connection, detail);
}

static void send_state(struct connection *connection, const struct worker_message *message) {
        struct json_writer *w = connection_reply(connection);

        json_boolean(w, "enabled", message->kernel.enabled);
        json_integer(w, "lost", message->kernel.lost);
        json_boolean(w, "pressed", audit_state_is_pressed(&message->kernel));
        json_boolean(w, "excluded", message->excluded);
        connection_send(connection, false);
}

static void on_message(const struct worker_message *message, void *data) {
        struct connection *connection = data;

        if (message->failure != FAILURE_NONE)
                send_failure(connection, message->detail);
        else
                send_state(connection, message);
        connection_stream_end(connection);
        server_wake(connection);
}

static void end(struct connection *connection, void *data) {
        (void)connection;
        worker_forget(data);
}

int serve_kernel(struct connection *connection, struct call *call, const struct varlink_service *service) {
        static const char *const names[] = { "type", "pid" };
        const struct controld *controld = service->context;
        struct json_value values[2];
        int64_t type = 0, pid = 0;
        struct question question;
        const struct work work = {
                .run = ask_kernel,
                .data = &question,
                .deadline_usec = monotonic_usec() + ANSWER_USEC,
                .limited = true,
        };
        struct worker *worker;
        bool present;
        int r;

        if (admission_denies(connection, controld, true))
                return 0;
        json_members(call->parameters, 2, names, values);
        if ((r = call_integer_in(call, "type", values[0], 0, AUDIT_LAST_USER_MSG2, &type, &present)) < 0 ||
            (r = call_integer_in(call, "pid", values[1], 1, INT32_MAX, &pid, &present)) < 0)
                return r;
        if (!present || audit_subject_read((pid_t)pid, question.exe, &question.subject) < 0)
                return call_invalid(call, "pid");
        question.type = (unsigned)type;
        r = worker_run(controld->event, &work, on_message, connection, &worker);
        if (r < 0)
                send_failure(connection, strerror(-r));
        else {
                server_event_changed(controld->server);
                connection_stream_begin(connection, (struct stream){ .end = end, .data = worker });
        }
        return 0;
}
