/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/service_control.h"

#include <linux/audit.h>
#include <string.h>

#include "daemon/common/log.h"
#include "daemon/controld/admission.h"
#include "daemon/controld/control_reply.h"
#include "daemon/controld/request.h"
#include "daemon/controld/worker.h"
#include "protocol/audit/audit_subject.h"
#include "protocol/clock.h"
#include "protocol/interfaces.h"
#include "protocol/well_known.h"

#define STATUS_USEC 2000000ULL
#define KERNEL_USEC 1000000ULL /* longer than auditfaild waits */

static int identify(struct connection *connection, struct call *call, const struct varlink_service *service) {
        struct identity *identity = admission_identity(connection);
        struct json_writer *w;

        (void)call;
        if (admission_denies(connection, service->context, false))
                return 0;

        enum mismatch mismatch = identity_establish(identity, connection->fd);

        if (mismatch != MISMATCH_NONE) {
                admission_mismatch(connection, service->context, OPERATION_REFUSAL, mismatch, 0);
                return 0;
        }
        w = connection_reply(connection);
        control_reply_caller(w, "caller", &identity->caller);
        json_string(w, "token", identity->token);
        connection_send(connection, false);
        return 0;
}

/* Serves a request of the caller who returns the token. */
static int serve_request(struct connection *connection, struct call *call, const struct varlink_service *service,
                         enum operation operation) {
        struct controld *controld = service->context;
        struct identity *identity = admission_identity(connection);
        enum mismatch mismatch;
        const char *token;
        struct request_options options;
        int r;

        if (admission_denies(connection, controld, false))
                return 0;
        if ((r = request_options_read(call, operation, &options, &token)) < 0)
                return r;
        mismatch = identity_prove(identity, token);
        if (mismatch != MISMATCH_NONE) {
                admission_mismatch(connection, controld, operation, mismatch, 0);
                return 0;
        }
        options.task.caller = identity->caller;
        options.task.identified = true;
        request_begin(connection, controld, &options);
        return 0;
}

static int stop(struct connection *connection, struct call *call, const struct varlink_service *service) {
        return serve_request(connection, call, service, OPERATION_STOP);
}

static int restart(struct connection *connection, struct call *call, const struct varlink_service *service) {
        return serve_request(connection, call, service, OPERATION_RESTART);
}

static int signal_auditd(struct connection *connection, struct call *call, const struct varlink_service *service) {
        enum operation operation;
        int r = request_options_signal(call, &operation);

        return r < 0 ? r : serve_request(connection, call, service, operation);
}

static int status(struct connection *connection, struct call *call, const struct varlink_service *service) {
        struct request_options options = { .task = { .operation = OPERATION_STATUS }, .timeout_usec = STATUS_USEC };

        (void)call;
        if (admission_denies(connection, service->context, false))
                return 0;
        options.task.caller = admission_identity(connection)->caller;
        request_begin(connection, service->context, &options);
        return 0;
}

/* The parameters of Kernel. */
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

static void send_kernel_failure(struct connection *connection, const char *detail) {
        log_line(LOG_ERR, "Cannot ask the kernel for the state of auditing: %s", detail);
        control_reply_failed(connection, detail);
}

static void send_kernel_state(struct connection *connection, const struct worker_message *message) {
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
                send_kernel_failure(connection, message->detail);
        else
                send_kernel_state(connection, message);
        connection_stream_end(connection);
        server_wake(connection);
}

static void end(struct connection *connection, void *data) {
        (void)connection;
        worker_forget(data);
}

static int kernel(struct connection *connection, struct call *call, const struct varlink_service *service) {
        static const struct json_name names[] = { JSON_NAME("type"), JSON_NAME("pid") };
        const struct controld *controld = service->context;
        struct json_value values[2];
        int64_t type = 0, pid = 0;
        struct question question;
        const struct work work = {
                .run = ask_kernel,
                .data = &question,
                .deadline_usec = monotonic_usec() + KERNEL_USEC,
                .workers_max = WORKERS_MAX,
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
                send_kernel_failure(connection, strerror(-r));
        else {
                server_event_changed(controld->server);
                connection_stream_begin(connection, (struct stream){ .end = end, .data = worker });
        }
        return 0;
}

const struct interface control_interface = {
        .name = CONTROL_INTERFACE,
        .description = interface_io_auditfail_control,
        .methods =
                (const struct method[]){
                        { .name = "Identify", .serve = identify },
                        { .name = "Stop", .serve = stop },
                        { .name = "Restart", .serve = restart },
                        { .name = "Signal", .serve = signal_auditd },
                        { .name = "Status", .serve = status },
                        { .name = "Kernel", .serve = kernel },
                        { 0 },
                },
};
