/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/cli/service.h"

#include <errno.h>
#include <string.h>

#include "client/auditfailctl/cli/options.h"
#include "client/common/reader.h"
#include "client/common/text.h"
#include "protocol/well_known.h"

/* systemd's socket. For other sockets the unit, if any, is not known. */
#define SYSTEM_SOCKET RUNTIME_FOLDER "/" POLICY_INTERFACE

static bool is_system(const struct settings *settings) {
        return strcmp(settings->socket, SYSTEM_SOCKET) == 0;
}

static int cannot_connect(const struct settings *settings, int error) {
        const char *path = settings->socket;

        switch (error) {
        case ENOENT:
                return complain(STATUS_NO_DAEMON, "no daemon behind %s: no such socket; %s%s", path,
                                is_system(settings)
                                        ? "is auditfaild.socket enabled? try: systemctl enable --now auditfaild"
                                        : "try: auditfaild --listen ",
                                is_system(settings) ? "" : path);
        case ECONNREFUSED:
                return complain(STATUS_NO_DAEMON, "no daemon behind %s: no process listens there; %s%s", path,
                                is_system(settings) ? "try: systemctl restart auditfaild.socket"
                                                    : "try: auditfaild --listen ",
                                is_system(settings) ? "" : path);
        case EACCES:
        case EPERM:
                return complain(STATUS_DENIED,
                                "cannot connect to %s: %s; after installation every user can: check the folders above "
                                "it (namei -l %s) and look for denials of SELinux or AppArmor (ausearch -m avc)",
                                path, strerror(error), path);
        case ETIMEDOUT:
                return complain(STATUS_TIMEOUT,
                                "the daemon behind %s accepted no connection within %g s: it is overloaded or stuck; "
                                "try: systemctl status auditfaild, or a longer --timeout",
                                path, settings->timeout_ms / 1000.0);
        case ENAMETOOLONG:
                return usage_error(settings, "%s is too long for a socket: 107 bytes at most", path);
        default:
                return complain(STATUS_NO_DAEMON, "no daemon behind %s: %s", path, strerror(error));
        }
}

int service_connect(const struct settings *settings, struct client **ret) {
        int r = client_connect(settings->socket, settings->timeout_ms, ret);

        return r < 0 ? cannot_connect(settings, -r) : STATUS_OK;
}

static int no_reply(const struct settings *settings, int error) {
        const char *path = settings->socket;

        switch (error) {
        case ECONNRESET:
        case EPIPE:
                return complain(STATUS_NO_DAEMON,
                                "the daemon behind %s closed the connection; try: journalctl -u auditfaild", path);
        case ETIMEDOUT:
                return complain(STATUS_TIMEOUT,
                                "the daemon behind %s did not answer in time; try: systemctl status auditfaild, or a "
                                "longer --timeout",
                                path);
        case EBADMSG:
        case EMSGSIZE:
                return complain(STATUS_PROTOCOL, "the process behind %s does not speak Varlink; is it auditfaild?",
                                path);
        case ENOMEM:
                out_of_memory();
        default:
                return complain(STATUS_NO_DAEMON, "cannot talk to the daemon behind %s: %s", path, strerror(error));
        }
}

int service_call(const struct settings *settings, struct client *client, const char *method,
                 struct json_object *parameters, bool more) {
        cleanup(cleanup_free) char *name = text_format(POLICY_INTERFACE ".%s", method);
        int r = client_call(client, name, parameters, more);

        /* If sending fails with EPIPE, the daemon has sent an error before it closed the connection. */
        return r < 0 && r != -EPIPE ? no_reply(settings, -r) : STATUS_OK;
}

/* Prints the error NAME with PARAMETERS. Returns an exit status. */
static int error_reply(const struct settings *settings, const char *name, struct json_object *parameters) {
        struct reader reader = { .object = parameters };
        const char *path = settings->socket;
        cleanup(cleanup_free) char *safe_name = text_safe(name);

        if (strcmp(name, POLICY_INTERFACE ".LoadFailed") == 0)
                return complain(STATUS_FAILED, "the policy files have errors; the previous policy stays in force");
        if (strcmp(name, "org.varlink.service.PermissionDenied") == 0)
                return complain(STATUS_DENIED,
                                "only root and the daemon's own user may do this; try: sudo auditfailctl %s",
                                settings->command->name);
        if (strcmp(name, POLICY_INTERFACE ".QuotaExceeded") == 0) {
                cleanup(cleanup_free) char *resource = text_safe(read_string(&reader, "resource"));
                return complain(STATUS_DENIED,
                                "the daemon behind %s gives this user no more %s: the user's limit is reached; see "
                                "auditfaild(8) for the limits",
                                path, *resource ? resource : "resources");
        }
        if (strcmp(name, "org.varlink.service.InvalidParameter") == 0) {
                cleanup(cleanup_free) char *parameter = text_safe(read_string(&reader, "parameter"));
                return complain(STATUS_PROTOCOL,
                                "the daemon behind %s does not accept the %s of the call; is it of this version "
                                "(" AUDITFAIL_VERSION ")?",
                                path, *parameter ? parameter : "parameters");
        }
        if (strncmp(name, "org.varlink.service.", strlen("org.varlink.service.")) == 0)
                return complain(STATUS_PROTOCOL,
                                "the process behind %s cannot do this: %s; is it auditfaild, and of this version "
                                "(" AUDITFAIL_VERSION ")?",
                                path, safe_name);
        return complain(STATUS_PROTOCOL,
                        "the daemon behind %s returned an error that this version (" AUDITFAIL_VERSION
                        ") does not know: %s; try: journalctl -u auditfaild",
                        path, safe_name);
}

int service_reply(const struct settings *settings, struct client *client, int timeout_ms, struct json_object **ret,
                  bool *ret_continues) {
        cleanup(cleanup_json) struct json_object *parameters = NULL;
        const char *error = NULL;
        bool continues = false;

        *ret = NULL;
        int r = client_reply(client, timeout_ms, &parameters, &error, &continues);
        if (r < 0)
                return no_reply(settings, -r);

        int status = error ? error_reply(settings, error, parameters) : STATUS_OK;
        if (status == STATUS_OK || status == STATUS_FAILED)
                *ret = TAKE_PTR(parameters);
        *ret_continues = continues;
        return status;
}

int service_ask(const struct settings *settings, const char *method, struct json_object *parameters,
                struct json_object **ret) {
        cleanup(cleanup_service) struct client *client = NULL;
        bool continues;

        *ret = NULL;
        int status = service_connect(settings, &client);
        if (status == STATUS_OK)
                status = service_call(settings, client, method, parameters, false);
        if (status == STATUS_OK)
                status = service_reply(settings, client, settings->timeout_ms, ret, &continues);
        return status;
}

int service_misunderstood(const struct settings *settings, const char *fault) {
        return complain(STATUS_PROTOCOL,
                        "the reply from %s cannot be understood: \"%s\" is missing or has another type; is it "
                        "auditfaild, and of this version (" AUDITFAIL_VERSION ")?",
                        settings->socket, fault);
}
