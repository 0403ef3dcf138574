/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service_kernel.h"

#include <errno.h>
#include <linux/audit.h>
#include <string.h>

#include "audit_state.h"
#include "audit_subject.h"
#include "gate.h"
#include "log.h"

/* The kernel answers within a millisecond, or not at all. */
static void answer(struct connection *connection, unsigned type, const struct audit_subject *subject) {
        struct audit_rules_question rules = { .subject = subject };
        struct audit_state state;
        int r = audit_state_ask(&state, &rules);
        struct json_writer *w;

        if (r < 0) {
                log_line(LOG_ERR, "Could not ask the kernel for the state of auditing: %s", strerror(-r));
                w = connection_error(connection, "io.auditfail.Control.Failed");
                json_boolean(w, "signalled", false);
                json_string(w, "detail", strerror(-r));
        } else {
                w = connection_reply(connection);
                json_boolean(w, "enabled", state.enabled);
                json_integer(w, "lost", state.lost);
                json_boolean(w, "pressed", audit_state_is_pressed(&state));
                json_boolean(w, "excluded", audit_filter_drops(&rules.dropped, type));
        }
        connection_send(connection, false);
}

int serve_kernel(struct connection *connection, struct call *call, const struct service *service) {
        static const char *const names[] = { "type", "pid" };
        struct json_value values[2];
        int64_t type = 0, pid = 0;
        struct audit_subject subject;
        char exe[PATH_MAX];
        bool present;
        int r;

        if (gate_denies(connection, service->context, true))
                return 0;
        json_members(call->parameters, 2, names, values);
        if ((r = call_integer_in(call, "type", values[0], 0, AUDIT_LAST_USER_MSG2, &type, &present)) < 0 ||
            (r = call_integer_in(call, "pid", values[1], 1, INT32_MAX, &pid, &present)) < 0)
                return r;
        if (!present || audit_subject_read((pid_t)pid, exe, &subject) < 0) {
                call->invalid = "pid";
                return -EINVAL;
        }
        answer(connection, (unsigned)type, &subject);
        return 0;
}
