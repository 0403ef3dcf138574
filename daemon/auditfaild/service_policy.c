/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/auditfaild/service_policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/auditfaild/service_admin.h"
#include "daemon/auditfaild/state.h"
#include "protocol/interfaces.h"
#include "protocol/well_known.h"

#define PAGE 64 /* applications in one reply of List */

/* The parameters of Query and Explain, and the caller. */
struct query {
        const char *application;
        enum kind kind;
        int error;
        const char *operation, *record; /* NULL: not given */
        bool ahead, close;
        struct peer peer;
        struct peer_origin origin;
};

/* The reader compares a key with the names in this order: what the library sends in each query comes first. */
enum parameter { APPLICATION, CLOSE, ERRNO, OPERATION, RECORD, AHEAD, KIND, PARAMETER_COUNT };

static const struct json_name parameter_names[PARAMETER_COUNT] = {
        [APPLICATION] = JSON_NAME("application"),
        [CLOSE] = JSON_NAME("close"),
        [ERRNO] = JSON_NAME("errno"),
        [OPERATION] = JSON_NAME("operation"),
        [RECORD] = JSON_NAME("record"),
        [AHEAD] = JSON_NAME("ahead"),
        [KIND] = JSON_NAME("kind"),
};

_Static_assert(PARAMETER_COUNT <= PARAMETERS_MAX, "the server finds them all");

static int read_kind(struct call *call, struct query *asked) {
        const char *word;
        int64_t error;
        bool present;
        int r;

        if ((r = call_integer_in(call, "errno", call->values[ERRNO], 1, ERRNO_MAX, &error, &present)) < 0 ||
            (r = call_string_in(call, "kind", call->values[KIND], FRAME_MAX, &word)) < 0)
                return r;
        if (present) {
                asked->error = (int)error;
                asked->kind = kind_from_errno(asked->error);
        }
        if (word) {
                int kind = kind_from_name(word, strlen(word));

                if (kind < 0 || (present && kind != (int)asked->kind))
                        return call_invalid(call, "kind");
                asked->kind = (enum kind)kind;
        }
        return 0;
}

/* The parameters of Query alone: the record that was lost, or would be, and what becomes of the connection. */
static int read_loss(struct call *call, struct query *asked) {
        int r;

        if ((r = call_string_in(call, "operation", call->values[OPERATION], OPERATION_MAX, &asked->operation)) < 0 ||
            (r = call_string_in(call, "record", call->values[RECORD], RECORD_MAX, &asked->record)) < 0)
                return r;
        if ((r = call_boolean_in(call, "ahead", call->values[AHEAD], &asked->ahead)) < 0)
                return r;
        return call_boolean_in(call, "close", call->values[CLOSE], &asked->close);
}

static int read_query(struct connection *connection, struct call *call, bool with_loss, struct query *asked) {
        int r;

        *asked = (struct query){ .kind = KIND_NONE };
        asked->peer.pid = connection->pid;
        asked->peer.uid = connection->user->uid;
        asked->peer.gid = connection->gid;
        asked->peer.auid = asked->peer.session = PEER_UNSET;

        if ((r = call_string_in(call, "application", call->values[APPLICATION], FRAME_MAX, &asked->application)) < 0 ||
            (r = read_kind(call, asked)) < 0)
                return r;
        if (with_loss && (r = read_loss(call, asked)) < 0)
                return r;
        if (asked->application) {
                if (!application_name_valid(asked->application, strlen(asked->application)))
                        return call_invalid(call, "application");
                return 0;
        }
        /* The caller's own program. The default policy applies if its name is not known. */
        peer_learn(connection->fd, &asked->peer, &asked->origin);
        asked->application = *asked->peer.program ? asked->peer.program : APPLICATION_DEFAULT;
        return 0;
}

static void write_answer(struct json_writer *w, const struct auditfaild *daemon, const struct query *asked,
                         const struct policy_decision *answer) {
        json_word(w, "application", asked->application);
        json_word(w, "action", action_name(answer->action));
        if (asked->kind != KIND_NONE)
                json_word(w, "kind", kind_name(asked->kind));
        json_word(w, "source", source_name(answer->source));
        json_string_maybe(w, "file", answer->file);
        if (answer->line > 0)
                json_integer(w, "line", answer->line);
        json_integer(w, "generation", (int64_t)daemon->generation);
}

/* Reports to journal, trail and monitors. Before the reply: the peer waits for it, and so can be read in /proc. */
static void report(struct auditfaild *daemon, struct connection *connection, struct query *asked,
                   const struct policy_decision *answer) {
        struct decision decision;
        struct permit permit = budgets_ask(daemon->budgets, connection->fd, &asked->peer, asked->application,
                                           server_now(daemon->server));

        if (!permit.allowed && daemon->monitors.count == 0)
                return;
        if (permit.allowed && !*asked->peer.program)
                peer_learn(connection->fd, &asked->peer, &asked->origin);

        decision = (struct decision){
                .line = answer->line,
                .action = answer->action,
                .kind = asked->kind,
                .error = asked->error,
                .budget = permit.budget,
                .suppressed = permit.suppressed,
                .peer = asked->peer,
                .origin = asked->origin,
        };
        snprintf(decision.application, sizeof(decision.application), "%s", asked->application);
        snprintf(decision.operation, sizeof(decision.operation), "%s", asked->operation ? asked->operation : "");
        snprintf(decision.record, sizeof(decision.record), "%s", asked->record ? asked->record : "");
        snprintf(decision.file, sizeof(decision.file), "%s", answer->file ? answer->file : "");
        if (permit.allowed && !reporter_submit(daemon->reporter, &decision))
                budgets_missed(daemon->budgets, &permit, asked->application);
        monitors_decision(&daemon->monitors, daemon->generation, &decision);
}

static int serve_query(struct connection *connection, struct call *call, const struct varlink_service *service) {
        struct auditfaild *daemon = service->context;
        struct policy_decision answer;
        struct query asked;
        int r;

        if ((r = read_query(connection, call, true, &asked)) < 0)
                return r;
        policy_decide(daemon->policy, asked.application, asked.kind, &answer);
        daemon->queries++;
        daemon->decided[answer.action]++;
        if (!asked.ahead)
                report(daemon, connection, &asked, &answer);
        write_answer(connection_reply(connection), daemon, &asked, &answer);
        connection_send(connection, false);
        if (asked.close)
                connection_finish(connection);
        return 0;
}

static int explain(struct connection *connection, struct call *call, const struct varlink_service *service) {
        struct auditfaild *daemon = service->context;
        struct policy_step steps[POLICY_STEPS_MAX];
        struct policy_decision answer;
        struct query asked;
        struct json_writer *w;
        size_t count;
        int r;

        if ((r = read_query(connection, call, false, &asked)) < 0)
                return r;
        policy_decide(daemon->policy, asked.application, asked.kind, &answer);
        count = policy_explain(daemon->policy, asked.application, steps);
        w = connection_reply(connection);
        write_answer(w, daemon, &asked, &answer);
        json_array_begin(w, "steps");
        for (size_t i = 0; i < count; i++) {
                json_object_begin(w, NULL);
                json_string(w, "application", steps[i].application);
                json_string(w, "file", steps[i].file);
                json_string(w, "finding", finding_name(steps[i].finding));
                json_object_end(w);
        }
        json_array_end(w);
        connection_send(connection, false);
        return 0;
}

static void write_application(struct json_writer *w, const struct policy_entry *entry) {
        json_object_begin(w, NULL);
        json_string(w, "application", entry->application);
        json_string(w, "action",
                    action_name(entry->source == SOURCE_BROKEN ? AUDITFAIL_TERMINATE : entry->rules.base.action));
        json_string(w, "file", entry->file);
        json_integer(w, "line", entry->rules.base.line);
        json_array_begin(w, "exceptions");
        for (int kind = 0; kind < KIND_COUNT; kind++) {
                const struct policy_rule *rule = &entry->rules.exceptions[kind];

                if (rule->line == 0)
                        continue;
                json_object_begin(w, NULL);
                json_string(w, "kind", kind_name((enum kind)kind));
                json_string(w, "action", action_name(rule->action));
                json_integer(w, "line", rule->line);
                json_object_end(w);
        }
        json_array_end(w);
        json_string(w, "source", source_name(entry->source));
        json_object_end(w);
}

/* Sends the page after name AFTER (NULL: the first). Returns the page's last name, or NULL if it is the last page. */
static const char *send_page(struct connection *connection, const struct auditfaild *daemon, const char *after,
                             bool more) {
        struct json_writer *w = connection_reply(connection);
        const struct policy_entry *entries, *last = NULL;
        size_t count, at = policy_entries_after(daemon->policy, after);

        entries = policy_entries(daemon->policy, &count);
        json_array_begin(w, "applications");
        for (int written = 0; at < count && written < PAGE; at++) {
                if (!entries[at].file)
                        continue; /* masked */
                last = &entries[at];
                write_application(w, last);
                written++;
        }
        json_array_end(w);
        if (at == count)
                last = NULL;
        if (last)
                json_string(w, "next", last->application);
        json_integer(w, "generation", (int64_t)daemon->generation);
        connection_send(connection, more && last);
        return last ? last->application : NULL;
}

/* Its position is a name, not a reference to the policy: a slow reader would keep an old policy in memory. */
struct listing {
        const struct auditfaild *daemon;
        char after[APPLICATION_NAME_MAX + 1]; /* "": at the start */
};

static bool send_next_page(struct connection *connection, void *data) {
        struct listing *listing = data;
        const char *next = send_page(connection, listing->daemon, *listing->after ? listing->after : NULL, true);

        if (next)
                snprintf(listing->after, sizeof(listing->after), "%s", next);
        else
                connection_stream_end(connection);
        return true;
}

static void list_end(struct connection *connection, void *data) {
        (void)connection;
        free(data);
}

static int list(struct connection *connection, struct call *call, const struct varlink_service *service) {
        struct listing *listing;
        const char *after;
        int r;

        if ((r = call_string(call, "after", false, APPLICATION_NAME_MAX, &after)) < 0)
                return r;
        if (!call->more || call->oneway) {
                send_page(connection, service->context, after, false);
                return 0;
        }
        listing = malloc(sizeof(*listing));
        if (!listing) {
                connection_fail(connection, ENOMEM);
                return 0;
        }
        listing->daemon = service->context;
        snprintf(listing->after, sizeof(listing->after), "%s", after ? after : "");
        connection_stream_begin(connection,
                                (struct stream){ .send_next = send_next_page, .end = list_end, .data = listing });
        return 0;
}

const struct interface policy_interface = {
        .name = POLICY_INTERFACE,
        .description = interface_io_auditfail_policy,
        .parameters = parameter_names,
        .parameter_count = PARAMETER_COUNT,
        .methods =
                (const struct method[]){
                        { .name = "Query", .serve = serve_query },
                        { .name = "Explain", .serve = explain },
                        { .name = "List", .serve = list },
                        { .name = "Status", .serve = serve_status },
                        { .name = "Reload", .serve = serve_reload },
                        { .name = "Check", .serve = serve_check },
                        { .name = "Monitor", .serve = serve_monitor, .streams = true },
                        { 0 },
                },
};
