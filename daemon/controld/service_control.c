/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/service_control.h"

#include "daemon/controld/admission.h"
#include "daemon/controld/control_reply.h"
#include "daemon/controld/request.h"
#include "daemon/controld/service_kernel.h"
#include "protocol/interfaces.h"
#include "protocol/well_known.h"

#define STATUS_USEC 2000000ULL

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
                        { .name = "Kernel", .serve = serve_kernel },
                        { 0 },
                },
};
