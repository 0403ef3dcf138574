/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/server/dispatch.h"

#include <string.h>

#include "daemon/server/server.h"
#include "protocol/interfaces.h"

static void reply_error(struct connection *connection, const char *error, const char *parameter, const char *value) {
        struct json_writer *w = connection_error(connection, error);

        if (parameter)
                json_string(w, parameter, value);
        connection_send(connection, false);
}

static int get_info(struct connection *connection, struct call *call, const struct service *service) {
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

static int get_interface_description(struct connection *connection, struct call *call, const struct service *service) {
        const char *name, *description;
        int r;

        if ((r = call_string(call, "interface", true, FRAME_MAX, &name)) < 0)
                return r;
        if (strcmp(name, service->interface->name) == 0)
                description = service->interface->description;
        else if (strcmp(name, "org.varlink.service") == 0)
                description = interface_org_varlink_service;
        else {
                reply_error(connection, "org.varlink.service.InterfaceNotFound", "interface", name);
                return 0;
        }
        json_string(connection_reply(connection), "description", description);
        connection_send(connection, false);
        return 0;
}

static const struct interface varlink_service = {
        .name = "org.varlink.service",
        .methods =
                (const struct method[]){
                        { .name = "GetInfo", .serve = get_info },
                        { .name = "GetInterfaceDescription", .serve = get_interface_description },
                        { 0 },
                },
};

/* Whether NAME is INTERFACE, a dot, and something; sets *RET_METHOD to the latter. */
static bool belongs_to(const char *name, const struct interface *interface, const char **ret_method) {
        size_t length = strlen(interface->name);

        if (strncmp(name, interface->name, length) != 0 || name[length] != '.')
                return false;
        *ret_method = name + length + 1;
        return !strchr(*ret_method, '.');
}

static const struct method *find_method(const struct interface *interface, const char *name) {
        for (const struct method *method = interface->methods; method->name; method++)
                if (strcmp(method->name, name) == 0)
                        return method;
        return NULL;
}

static void interface_not_found(struct connection *connection, const char *name) {
        const char *dot = strrchr(name, '.');
        struct json_writer *w = connection_error(connection, "org.varlink.service.InterfaceNotFound");

        json_string_n(w, "interface", name, dot ? (size_t)(dot - name) : strlen(name));
        connection_send(connection, false);
}

void dispatch(const struct service *service, struct connection *connection, struct call *call) {
        const struct method *method = NULL;
        const char *name;

        if (!call->invalid) {
                if (belongs_to(call->method, service->interface, &name))
                        method = find_method(service->interface, name);
                else if (belongs_to(call->method, &varlink_service, &name))
                        method = find_method(&varlink_service, name);
                else {
                        interface_not_found(connection, call->method);
                        return;
                }
                if (!method) {
                        reply_error(connection, "org.varlink.service.MethodNotFound", "method", call->method);
                        return;
                }
                if (method->streams && !call->more) {
                        reply_error(connection, "org.varlink.service.ExpectedMore", NULL, NULL);
                        return;
                }
        }
        if (call->invalid || method->serve(connection, call, service) < 0)
                reply_error(connection, "org.varlink.service.InvalidParameter", "parameter", call->invalid);
}
