/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/auditfaild/service_check.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>

#include "daemon/auditfaild/kernel_question.h"
#include "daemon/common/peer.h"
#include "protocol/audit/audit_filter.h"

/* Why the kernel drops the caller's records, or 0. */
static int error_of(unsigned type, const struct kernel_answer *answer) {
        if (audit_type_needs_enabled(type) && !answer->enabled)
                return ERROR_DISABLED;
        return answer->excluded ? ERROR_EXCLUDED : 0;
}

static void send_reply(struct connection *connection, const struct auditfaild *daemon, unsigned type,
                       const struct kernel_answer *answer) {
        struct json_writer *w = connection_reply(connection);
        int error = answer ? error_of(type, answer) : 0;

        (void)daemon;
        if (error != 0)
                json_integer(w, "errno", error);
        if (answer) {
                json_integer(w, "lost", answer->lost);
                json_boolean(w, "pressed", answer->pressed);
        }
        connection_send(connection, false);
}

static void send_denied(struct connection *connection) {
        json_integer(connection_reply(connection), "errno", EPERM);
        connection_send(connection, false);
}

int serve_check(struct connection *connection, struct call *call, const struct varlink_service *service) {
        int64_t type = 0;
        bool present;
        int r;

        if ((r = call_integer_in(call, "type", json_member(call->parameters, "type"), 0, AUDIT_LAST_USER_MSG2, &type,
                                 &present)) < 0)
                return r;
        if (peer_has_capability(connection->pid, CAP_AUDIT_WRITE) == 0)
                send_denied(connection);
        else
                kernel_question(connection, service->context, (unsigned)type, connection->pid, send_reply);
        return 0;
}
