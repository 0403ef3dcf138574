/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/auditfaild/service_admin.h"

#include <errno.h>
#include <libaudit.h>
#include <linux/capability.h>
#include <unistd.h>

#include "daemon/auditfaild/kernel_question.h"
#include "daemon/auditfaild/reload.h"
#include "daemon/auditfaild/state.h"
#include "daemon/common/peer.h"
#include "daemon/common/privileges.h"
#include "protocol/audit/audit_filter.h"

#define PROBLEM_ROOM (16 * 1024) /* enough for one problem with each byte escaped */

static void write_problem(struct json_writer *w, const struct diagnostic *problem) {
        json_object_begin(w, NULL);
        json_string(w, "file", problem->file);
        json_integer(w, "line", problem->line);
        json_integer(w, "column", problem->line > 0 ? problem->column : 0);
        json_integer(w, "width", problem->line > 0 ? problem->width : 0);
        json_string(w, "severity", problem->severity == SEVERITY_ERROR ? "error" : "warning");
        json_string(w, "message", problem->message);
        json_string_maybe(w, "expected", problem->expected);
        json_string_maybe(w, "suggestion", problem->suggestion);
        json_string_maybe(w, "text", problem->text);
        json_object_end(w);
}

/* As many problems as fit, and the number of the others. */
static void write_problems(struct json_writer *w, const struct diagnostics *problems) {
        size_t written = 0;

        json_array_begin(w, "problems");
        for (; written < problems->count && w->size - w->length > PROBLEM_ROOM; written++)
                write_problem(w, &problems->items[written]);
        json_array_end(w);
        json_integer(w, "omitted", (int64_t)(problems->count - written + problems->omitted));
}

/* The kernel also acknowledges records of ours that it drops. So "trail" needs its word that it keeps them. */
static void write_auditing(struct json_writer *w, const struct auditfaild *daemon, const struct kernel_answer *kernel) {
        bool drops = kernel && (!kernel->enabled || kernel->excluded);

        json_boolean(w, "trail", reporter_trail_works(daemon->reporter) && !drops);
        json_word(w, "trailRule", trail_rule_name(budgets_rule(daemon->budgets)));
        if (kernel)
                json_boolean(w, "auditing", kernel->enabled);
}

static void send_status(struct connection *connection, const struct auditfaild *daemon, unsigned type,
                        const struct kernel_answer *kernel) {
        struct json_writer *w = connection_reply(connection);
        struct server_figures figures;
        const char *capability;
        unsigned cursor = 0;

        (void)type;
        server_figures(daemon->server, &figures);
        json_string(w, "version", AUDITFAIL_VERSION);
        json_integer(w, "generation", (int64_t)daemon->generation);
        json_integer(w, "applications", (int64_t)policy_count(daemon->policy));
        json_integer(w, "started", (int64_t)daemon->started_usec);
        json_integer(w, "loaded", (int64_t)daemon->loaded_usec);
        json_boolean(w, "reloadFailed", daemon->reload_failed);
        json_integer(w, "pid", getpid());
        json_integer(w, "uid", daemon->uid);
        json_array_begin(w, "capabilities");
        while ((capability = privileges_next(&cursor)))
                json_string(w, NULL, capability);
        json_array_end(w);
        write_auditing(w, daemon, kernel);
        json_integer(w, "connections", (int64_t)figures.connections);
        json_integer(w, "users", (int64_t)figures.users);
        json_integer(w, "monitors", (int64_t)daemon->monitors.count);
        json_integer(w, "refused", (int64_t)figures.refused);
        json_integer(w, "queries", (int64_t)daemon->queries);
        json_integer(w, "ignored", (int64_t)daemon->decided[AUDITFAIL_IGNORE]);
        json_integer(w, "logged", (int64_t)daemon->decided[AUDITFAIL_LOG]);
        json_integer(w, "terminated", (int64_t)daemon->decided[AUDITFAIL_TERMINATE]);
        json_integer(w, "suppressed", (int64_t)budgets_suppressed(daemon->budgets));
        write_problems(w, &daemon->problems);
        connection_send(connection, false);
}

int serve_status(struct connection *connection, struct call *call, const struct varlink_service *service) {
        (void)call;
        kernel_question(connection, service->context, AUDIT_TRUSTED_APP, getpid(), send_status);
        return 0;
}

/* Why the kernel drops the caller's records, or 0. */
static int error_of(unsigned type, const struct kernel_answer *answer) {
        if (audit_type_needs_enabled(type) && !answer->enabled)
                return ERROR_DISABLED;
        return answer->excluded ? ERROR_EXCLUDED : 0;
}

static void send_check(struct connection *connection, const struct auditfaild *daemon, unsigned type,
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

int serve_check(struct connection *connection, struct call *call, const struct varlink_service *service) {
        int64_t type = 0;
        bool present;
        int r;

        if ((r = call_integer_in(call, "type", json_member(call->parameters, "type"), 0, AUDIT_LAST_USER_MSG2, &type,
                                 &present)) < 0)
                return r;
        if (peer_has_capability(connection->pid, CAP_AUDIT_WRITE) != 0) {
                kernel_question(connection, service->context, (unsigned)type, connection->pid, send_check);
                return 0;
        }
        json_integer(connection_reply(connection), "errno", EPERM); /* the kernel would refuse its records */
        connection_send(connection, false);
        return 0;
}

static void send_reload(struct auditfaild *daemon, int error, bool changed, void *userdata) {
        struct connection *connection = userdata;
        struct json_writer *w;

        if (error < 0)
                w = connection_error(connection, "io.auditfail.Policy.LoadFailed");
        else {
                w = connection_reply(connection);
                json_integer(w, "generation", (int64_t)daemon->generation);
                json_boolean(w, "changed", changed);
                json_integer(w, "applications", (int64_t)policy_count(daemon->policy));
        }
        write_problems(w, &daemon->problems);
        connection_send(connection, false);
        connection_stream_end(connection);
        server_wake(connection);
}

static void reload_end(struct connection *connection, void *data) {
        struct auditfaild *daemon = data;

        reload_forget(daemon->reloader, connection);
}

int serve_reload(struct connection *connection, struct call *call, const struct varlink_service *service) {
        struct auditfaild *daemon = service->context;
        uid_t uid = connection->user->uid;

        (void)call;
        if (uid != 0 && uid != daemon->uid) {
                connection_send_error(connection, "org.varlink.service.PermissionDenied", NULL, NULL);
                return 0;
        }
        connection_stream_begin(connection, (struct stream){ .end = reload_end, .data = daemon });
        if (reload_request(daemon->reloader, send_reload, connection) < 0)
                connection_fail(connection, ENOMEM);
        return 0;
}

int serve_monitor(struct connection *connection, struct call *call, const struct varlink_service *service) {
        struct auditfaild *daemon = service->context;
        int r;

        if (call->oneway)
                return 0; /* it would send nothing */
        r = monitors_add(&daemon->monitors, connection, daemon->generation);
        if (r == -EDQUOT)
                connection_send_error(connection, "io.auditfail.Policy.QuotaExceeded", "resource", "monitors");
        else if (r < 0)
                connection_fail(connection, -r);
        return 0;
}
