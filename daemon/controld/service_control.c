/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The methods of io.auditfail.Control: from a call's parameters to a request. */
#include <errno.h>
#include <string.h>

#include "daemon/common/audit_text.h"
#include "daemon/controld/control_reply.h"
#include "daemon/controld/admission.h"
#include "daemon/controld/request.h"
#include "daemon/controld/service_kernel.h"
#include "protocol/well_known.h"

#define TOKEN_MAX    256 /* bytes: what is longer is no token, whatever else it may be */
#define TIMEOUT_MSEC 30000
#define TIMEOUT_MIN  100
#define TIMEOUT_MAX  (10 * 60 * 1000)
#define STATUS_USEC  2000000ULL

static int invalid(struct call *call, const char *name) {
        call->invalid = name;
        return -EINVAL;
}

static int identify(struct connection *connection, struct call *call, const struct varlink_service *service) {
        struct identity *identity = gate_identity(connection);
        struct json_writer *w;

        (void)call;
        if (gate_denies(connection, service->context, false))
                return 0;

        enum mismatch mismatch = identity_establish(identity, connection->fd);

        if (mismatch != MISMATCH_NONE) {
                gate_mismatch(connection, service->context, OPERATION_REFUSAL, mismatch, 0);
                return 0;
        }
        w = connection_reply(connection);
        progress_caller(w, "caller", &identity->caller);
        json_string(w, "token", identity->token);
        connection_send(connection, false);
        return 0;
}

int wish_read(struct call *call, enum operation operation, struct wish *ret, const char **ret_token) {
        int64_t timeout = TIMEOUT_MSEC;
        const char *reason;
        bool present;
        int r;

        *ret = (struct wish){ .task.operation = operation, .more = call->more };
        if ((r = call_string(call, "token", true, TOKEN_MAX, ret_token)) < 0 ||
            (r = call_string(call, "reason", false, REASON_TEXT_MAX, &reason)) < 0 ||
            (r = call_boolean(call, "force", &ret->task.force)) < 0 ||
            (r = call_integer_in(call, "timeout", json_member(call->parameters, "timeout"), TIMEOUT_MIN, TIMEOUT_MAX,
                                 &timeout, &present)) < 0 ||
            (r = call_boolean(call, "interactive", &ret->interactive)) < 0)
                return r;
        if (reason && audit_text_length(reason) > REASON_TEXT_MAX)
                return invalid(call, "reason");
        if (reason)
                strcpy(ret->task.reason, reason);
        ret->timeout_usec = (uint64_t)timeout * 1000;
        return 0;
}

/* The request of whoever holds the token. */
static int serve_request(struct connection *connection, struct call *call, const struct varlink_service *service,
                         enum operation operation) {
        struct controld *controld = service->context;
        struct identity *identity = gate_identity(connection);
        enum mismatch mismatch;
        const char *token;
        struct wish wish;
        int r;

        if (gate_denies(connection, controld, false))
                return 0;
        if ((r = wish_read(call, operation, &wish, &token)) < 0)
                return r;
        mismatch = identity_prove(identity, token);
        if (mismatch != MISMATCH_NONE) {
                gate_mismatch(connection, controld, operation, mismatch, 0);
                return 0;
        }
        wish.task.caller = identity->caller;
        wish.task.identified = true;
        request_begin(connection, controld, &wish);
        return 0;
}

static int stop(struct connection *connection, struct call *call, const struct varlink_service *service) {
        return serve_request(connection, call, service, OPERATION_STOP);
}

static int restart(struct connection *connection, struct call *call, const struct varlink_service *service) {
        return serve_request(connection, call, service, OPERATION_RESTART);
}

int wish_read_signal(struct call *call, enum operation *ret) {
        const char *word;
        int r;

        if ((r = call_string(call, "signal", true, TOKEN_MAX, &word)) < 0)
                return r;
        for (*ret = OPERATION_RELOAD; *ret <= OPERATION_STATE; (*ret)++)
                if (strcmp(word, operation_word(*ret)) == 0)
                        return 0;
        return invalid(call, "signal");
}

static int signal_auditd(struct connection *connection, struct call *call, const struct varlink_service *service) {
        enum operation operation;
        int r = wish_read_signal(call, &operation);

        return r < 0 ? r : serve_request(connection, call, service, operation);
}

static int status(struct connection *connection, struct call *call, const struct varlink_service *service) {
        struct wish wish = { .task = { .operation = OPERATION_STATUS }, .timeout_usec = STATUS_USEC };

        (void)call;
        if (gate_denies(connection, service->context, false))
                return 0;
        wish.task.caller = gate_identity(connection)->caller;
        request_begin(connection, service->context, &wish);
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
