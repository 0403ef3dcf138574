/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/service_kernel.h"

#include <linux/audit.h>
#include <string.h>

#include "daemon/common/log.h"
#include "daemon/controld/admission.h"
#include "daemon/controld/control_reply.h"
#include "daemon/controld/kernel_asker.h"
#include "protocol/audit/audit_subject.h"

static void send_failure(struct connection *connection, int error) {
        log_line(LOG_ERR, "Cannot ask the kernel for the state of auditing: %s", strerror(-error));
        control_reply_failed(connection, strerror(-error));
}

static void send_state(struct connection *connection, const struct kernel_state *state) {
        struct json_writer *w = connection_reply(connection);

        json_boolean(w, "enabled", state->enabled);
        json_integer(w, "lost", state->lost);
        json_boolean(w, "pressed", state->pressed);
        json_boolean(w, "excluded", state->excluded);
        connection_send(connection, false);
}

static void on_state(const struct kernel_state *state, void *userdata) {
        struct connection *connection = userdata;

        if (state->error < 0)
                send_failure(connection, state->error);
        else
                send_state(connection, state);
        connection_stream_end(connection);
        server_wake(connection);
}

static void end(struct connection *connection, void *data) {
        kernel_asker_forget(data, connection);
}

int serve_kernel(struct connection *connection, struct call *call, const struct varlink_service *service) {
        static const char *const names[] = { "type", "pid" };
        const struct controld *controld = service->context;
        struct json_value values[2];
        int64_t type = 0, pid = 0;
        struct audit_subject subject;
        char exe[PATH_MAX];
        bool present;
        int r;

        if (admission_denies(connection, controld, true))
                return 0;
        json_members(call->parameters, 2, names, values);
        if ((r = call_integer_in(call, "type", values[0], 0, AUDIT_LAST_USER_MSG2, &type, &present)) < 0 ||
            (r = call_integer_in(call, "pid", values[1], 1, INT32_MAX, &pid, &present)) < 0)
                return r;
        if (!present || audit_subject_read((pid_t)pid, exe, &subject) < 0)
                return call_invalid(call, "pid");
        r = kernel_asker_ask(controld->asker, (unsigned)type, &subject, on_state, connection);
        if (r < 0)
                send_failure(connection, r);
        else
                connection_stream_begin(connection, (struct stream){ .end = end, .data = controld->asker });
        return 0;
}
