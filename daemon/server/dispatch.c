/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/server/dispatch.h"

#include <string.h>

#include "protocol/interfaces.h"

static int get_info(struct connection *connection, struct call *call, const struct varlink_service *service) {
        struct json_writer *w = connection_reply(connection);

        (void)call;
        json_string(w, "vendor", "auditfail");
        json_string(w, "product", service->product);
        json_string(w, "version", AUDITFAIL_VERSION);
        json_string(w, "url", "man:auditfail(7)");
        json_array_begin(w, "interfaces");
        json_string(w, NULL, "org.varlink.service");
        json_string(w, NULL, service->interface->name);
        json_array_end(w);
        connection_send(connection, false);
        return 0;
}

static int get_interface_description(struct connection *connection, struct call *call,
                                     const struct varlink_service *service) {
        const char *name, *description;
        int r;

        if ((r = call_string(call, "interface", true, FRAME_MAX, &name)) < 0)
                return r;
        if (strcmp(name, service->interface->name) == 0)
                description = service->interface->description;
        else if (strcmp(name, "org.varlink.service") == 0)
                description = interface_org_varlink_service;
        else {
                connection_send_error(connection, "org.varlink.service.InterfaceNotFound", "interface", name);
                return 0;
        }
        json_string(connection_reply(connection), "description", description);
        connection_send(connection, false);
        return 0;
}

static const struct interface own_interface = {
        .name = "org.varlink.service",
        .methods =
                (const struct method[]){
                        { .name = "GetInfo", .serve = get_info },
                        { .name = "GetInterfaceDescription", .serve = get_interface_description },
                        { 0 },
                },
};

static bool has_name(const struct interface *interface, const char *name, size_t length) {
        return strncmp(interface->name, name, length) == 0 && interface->name[length] == '\0';
}

static const struct method *find_method(const struct interface *interface, const char *name) {
        for (const struct method *method = interface->methods; method->name; method++)
                if (strcmp(method->name, name) == 0)
                        return method;
        return NULL;
}

static void interface_not_found(struct connection *connection, const char *name, size_t length) {
        struct json_writer *w = connection_error(connection, "org.varlink.service.InterfaceNotFound");

        json_string_n(w, "interface", name, length);
        connection_send(connection, false);
}

static void answer(const struct varlink_service *service, struct connection *connection, struct call *call) {
        const struct method *method = NULL;

        if (!call->invalid) {
                const char *dot = strrchr(call->method, '.');
                size_t length = dot ? (size_t)(dot - call->method) : strlen(call->method);

                if (dot && has_name(service->interface, call->method, length))
                        method = find_method(service->interface, dot + 1);
                else if (dot && has_name(&own_interface, call->method, length))
                        method = find_method(&own_interface, dot + 1);
                else {
                        interface_not_found(connection, call->method, length);
                        return;
                }
                if (!method) {
                        connection_send_error(connection, "org.varlink.service.MethodNotFound", "method", call->method);
                        return;
                }
                if (method->streams && !call->more) {
                        connection_send_error(connection, "org.varlink.service.ExpectedMore", NULL, NULL);
                        return;
                }
        }
        if (call->invalid || method->serve(connection, call, service) < 0)
                connection_send_error(connection, "org.varlink.service.InvalidParameter", "parameter", call->invalid);
}

static enum after_turn continue_stream(struct connection *connection) {
        const struct stream *stream = &connection->stream;

        if (connection->out_length == 0 && stream->send_next && stream->send_next(connection, stream->data))
                return AFTER_TURN_AGAIN;
        return connection->gone ? AFTER_TURN_CLOSE : AFTER_TURN_WAIT;
}

static enum after_turn answer_calls(const struct varlink_service *service, struct connection *connection) {
        enum after_turn result = connection_receive(connection);
        struct call call;

        if (result != AFTER_TURN_AGAIN)
                return result;
        for (int calls = 0; calls < CALLS_AT_ONCE && connection_next_call(connection, &call); calls++)
                answer(service, connection, &call);
        return connection_keep_rest(connection);
}

enum after_turn dispatch(const struct varlink_service *service, struct connection *connection) {
        enum after_turn result = AFTER_TURN_WAIT;

        connection->flushed = connection->answered = false;
        if (connection->out_length > 0)
                connection_flush(connection);
        if (connection->stream.end)
                result = continue_stream(connection);
        else if (connection_takes_calls(connection))
                result = answer_calls(service, connection);
        return connection->broken ? AFTER_TURN_CLOSE : result;
}
