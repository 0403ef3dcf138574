/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/auditfaild/service_policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/auditfaild/service_admin.h"
#include "daemon/auditfaild/service_check.h"
#include "daemon/auditfaild/state.h"
#include "protocol/interfaces.h"
#include "protocol/well_known.h"

#define PAGE 64 /* applications in one reply of List */

/* What Query and Explain are asked. */
struct question {
        const char *application;
        enum kind kind;
        int error;
        const char *operation, *record; /* NULL: not given */
        bool ahead;
        struct peer peer;
        struct peer_origin origin;
};

static int invalid(struct call *call, const char *name) {
        call->invalid = name;
        return -EINVAL;
}

enum parameter { APPLICATION, ERRNO, KIND, OPERATION, RECORD, AHEAD, PARAMETER_COUNT };

static const char *const parameter_names[PARAMETER_COUNT] = {
        [APPLICATION] = "application", [ERRNO] = "errno",   [KIND] = "kind",
        [OPERATION] = "operation",     [RECORD] = "record", [AHEAD] = "ahead",
};

static int read_kind(struct call *call, const struct json_value parameters[static PARAMETER_COUNT],
                     struct question *question) {
        const char *word;
        int64_t error;
        bool present;
        int r;

        if ((r = call_integer_in(call, "errno", parameters[ERRNO], 1, ERRNO_MAX, &error, &present)) < 0 ||
            (r = call_string_in(call, "kind", parameters[KIND], FRAME_MAX, &word)) < 0)
                return r;
        if (present) {
                question->error = (int)error;
                question->kind = kind_from_errno(question->error);
        }
        if (word) {
                int kind = kind_from_name(word, strlen(word));

                if (kind < 0 || (present && kind != (int)question->kind))
                        return invalid(call, "kind");
                question->kind = (enum kind)kind;
        }
        return 0;
}

/* What was lost, or would be. None of this is Explain's, and parameters that a method has not are ignored. */
static int read_loss(struct call *call, const struct json_value parameters[static PARAMETER_COUNT],
                     struct question *question) {
        int r;

        if ((r = call_string_in(call, "operation", parameters[OPERATION], OPERATION_MAX, &question->operation)) < 0 ||
            (r = call_string_in(call, "record", parameters[RECORD], RECORD_MAX, &question->record)) < 0)
                return r;
        return call_boolean_in(call, "ahead", parameters[AHEAD], &question->ahead);
}

static int read_question(struct connection *connection, struct call *call, bool with_loss, struct question *question) {
        struct json_value parameters[PARAMETER_COUNT];
        int r;

        *question = (struct question){ .kind = KIND_NONE };
        question->peer.pid = connection->pid;
        question->peer.uid = connection->user->uid;
        question->peer.gid = connection->gid;
        question->peer.auid = question->peer.session = PEER_UNSET;

        json_members(call->parameters, PARAMETER_COUNT, parameter_names, parameters);
        if ((r = call_string_in(call, "application", parameters[APPLICATION], FRAME_MAX, &question->application)) < 0 ||
            (r = read_kind(call, parameters, question)) < 0)
                return r;
        if (with_loss && (r = read_loss(call, parameters, question)) < 0)
                return r;
        if (question->application) {
                if (!application_name_valid(question->application, strlen(question->application)))
                        return invalid(call, "application");
                return 0;
        }
        /* A program that cannot be told from others is under the policy for all others. */
        peer_learn(connection->fd, &question->peer, &question->origin);
        question->application = *question->peer.program ? question->peer.program : APPLICATION_DEFAULT;
        return 0;
}

static void write_answer(struct json_writer *w, const struct auditfaild *daemon, const struct question *question,
                         const struct policy_decision *answer) {
        json_string(w, "application", question->application);
        json_string(w, "action", action_name(answer->action));
        json_string_maybe(w, "kind", kind_name(question->kind));
        json_string(w, "source", source_name(answer->source));
        json_string_maybe(w, "file", answer->file);
        if (answer->line > 0)
                json_integer(w, "line", answer->line);
        json_integer(w, "generation", (int64_t)daemon->generation);
}

/* Journal, trail and monitors. Facts about the peer are gathered while it waits for the answer, and so is still there.
 */
static void leave_trace(struct auditfaild *daemon, struct connection *connection, struct question *question,
                        const struct policy_decision *answer) {
        struct decision decision;
        uint64_t suppressed = 0;
        bool traced;

        traced = ratelimit_allow(daemon->ratelimit, question->application, question->peer.uid,
                                 server_now(daemon->server), &suppressed);
        if (!traced && daemon->monitors.count == 0)
                return;
        if (traced && !*question->peer.program)
                peer_learn(connection->fd, &question->peer, &question->origin);

        decision = (struct decision){
                .line = answer->line,
                .action = answer->action,
                .kind = question->kind,
                .error = question->error,
                .suppressed = suppressed,
                .peer = question->peer,
                .origin = question->origin,
        };
        snprintf(decision.application, sizeof(decision.application), "%s", question->application);
        snprintf(decision.operation, sizeof(decision.operation), "%s", question->operation ? question->operation : "");
        snprintf(decision.record, sizeof(decision.record), "%s", question->record ? question->record : "");
        snprintf(decision.file, sizeof(decision.file), "%s", answer->file ? answer->file : "");
        if (traced && !reporter_submit(daemon->reporter, &decision))
                ratelimit_missed(daemon->ratelimit, question->application, question->peer.uid, suppressed);
        monitors_decision(&daemon->monitors, daemon->generation, &decision);
}

static int query(struct connection *connection, struct call *call, const struct varlink_service *service) {
        struct auditfaild *daemon = service->context;
        struct policy_decision answer;
        struct question question;
        int r;

        if ((r = read_question(connection, call, true, &question)) < 0)
                return r;
        policy_decide(daemon->policy, question.application, question.kind, &answer);
        daemon->queries++;
        daemon->decided[answer.action]++;
        if (!question.ahead)
                leave_trace(daemon, connection, &question, &answer);
        write_answer(connection_reply(connection), daemon, &question, &answer);
        connection_send(connection, false);
        return 0;
}

static int explain(struct connection *connection, struct call *call, const struct varlink_service *service) {
        struct auditfaild *daemon = service->context;
        struct policy_step steps[POLICY_STEPS_MAX];
        struct policy_decision answer;
        struct question question;
        struct json_writer *w;
        size_t count;
        int r;

        if ((r = read_question(connection, call, false, &question)) < 0)
                return r;
        policy_decide(daemon->policy, question.application, question.kind, &answer);
        count = policy_explain(daemon->policy, question.application, steps);
        w = connection_reply(connection);
        write_answer(w, daemon, &question, &answer);
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

/*
 * Sends the page of what comes after the name AFTER (NULL: from the first). Returns the page's last name where more
 * follows, else NULL.
 */
static const char *send_page(struct connection *connection, const struct auditfaild *daemon, const char *after,
                             bool more) {
        struct json_writer *w = connection_reply(connection);
        const struct policy_entry *entries, *last = NULL;
        size_t count, at = policy_entries_after(daemon->policy, after);

        entries = policy_entries(daemon->policy, &count);
        json_array_begin(w, "applications");
        for (int written = 0; at < count && written < PAGE; at++) {
                if (!entries[at].file)
                        continue; /* all masked: as good as absent */
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

/*
 * A list under way, which knows how far it has come by name: to hold on to the policy that it began with would let a
 * slow reader keep an old one in memory.
 */
struct listing {
        const struct auditfaild *daemon;
        char after[APPLICATION_NAME_MAX + 1]; /* "": at the start */
};

static bool list_step(struct connection *connection, void *data) {
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
                connection->broken = true;
                return 0;
        }
        listing->daemon = service->context;
        snprintf(listing->after, sizeof(listing->after), "%s", after ? after : "");
        connection_stream_begin(connection,
                                (struct stream){ .send_next = list_step, .end = list_end, .data = listing });
        return 0;
}

const struct interface policy_interface = {
        .name = POLICY_INTERFACE,
        .description = interface_io_auditfail_policy,
        .methods =
                (const struct method[]){
                        { .name = "Query", .serve = query },
                        { .name = "Explain", .serve = explain },
                        { .name = "List", .serve = list },
                        { .name = "Status", .serve = serve_status },
                        { .name = "Reload", .serve = serve_reload },
                        { .name = "Check", .serve = serve_check },
                        { .name = "Monitor", .serve = serve_monitor, .streams = true },
                        { 0 },
                },
};
