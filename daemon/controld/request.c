/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/request.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "daemon/common/log.h"
#include "daemon/controld/admission.h"
#include "daemon/controld/control_reply.h"
#include "daemon/controld/refusal_record.h"
#include "daemon/controld/worker.h"
#include "protocol/clock.h"
#include "protocol/message_ids.h"

struct request {
        struct controld *controld;
        struct connection *connection; /* NULL: the caller is gone */
        struct request_options options;
        struct authorization *authorization; /* NULL: polkit is not being asked */
        struct worker *worker;               /* NULL: none has started, or its last message has come */
};

/* Whether only one such request is carried out at a time: all but Status. */
static bool exclusive(const struct request *request) {
        return request->options.task.operation != OPERATION_STATUS;
}

static void request_free(struct request *request) {
        if (request->controld->active == request)
                request->controld->active = NULL;
        authorization_cancel(request->authorization);
        free(request);
}

/* Sets the line that `systemctl status` shows. */
static void notify_status(const struct task *task, const char *state, const char *detail) {
        sd_notifyf(false, "STATUS=Request %s to %s auditd for auid %d %s%s", task->id, operation_word(task->operation),
                   (int)task->caller.peer.auid, state, detail);
}

static void log_outcome(const struct request *request, const struct worker_message *message) {
        const struct task *task = &request->options.task;
        bool failed = message->failure != FAILURE_NONE;

        if (!exclusive(request))
                return;
        notify_status(task, failed ? "failed: " : "is done", failed ? request_failure_word(message->failure) : "");
        if (failed)
                log_event(LOG_ERR, AUDITFAIL_MESSAGE_REQUEST_FAILED_STR,
                          "Request %s of auid %d to %s auditd failed: %s: %s; auditd %s the signal", task->id,
                          (int)task->caller.peer.auid, operation_word(task->operation),
                          request_failure_word(message->failure), message->detail,
                          message->unsure      ? "may have"
                          : message->signalled ? "has"
                                               : "does not have");
        else if (task->operation == OPERATION_STOP)
                log_event(LOG_NOTICE, AUDITFAIL_MESSAGE_AUDITD_STOPPED_STR,
                          "auditd (pid %d) was stopped by auid %d, request %s, event %s", message->auditd,
                          (int)task->caller.peer.auid, task->id, *message->event ? message->event : "unknown");
        else
                log_line(LOG_INFO, "Request %s of auid %d to %s auditd is done", task->id, (int)task->caller.peer.auid,
                         operation_word(task->operation));
}

/* Records that the lost request was not carried out. The trail may have it as granted. */
static void record_loss(struct controld *controld) {
        const struct task *task = unfinished_take(controld->unfinished);

        if (task)
                refusal_record_lost(controld, task);
}

void request_explain_lost(struct controld *controld) {
        char text[UNFINISHED_TEXT_MAX];

        unfinished_explain(controld->unfinished, text, sizeof(text));
        if (*text)
                log_event(LOG_ERR, AUDITFAIL_MESSAGE_REQUEST_FAILED_STR, "The %s", text);
        record_loss(controld);
}

/* Whether the caller gets MESSAGE. A caller that does not read misses messages that only count down. */
static bool is_wanted(const struct request *request, const struct worker_message *message) {
        if (worker_message_is_last(message))
                return true;
        return request->options.more && (message->step != STEP_DRAINING || request->connection->out_length == 0);
}

/* Frees REQUEST after the last message. */
static void on_message(const struct worker_message *message, void *data) {
        struct request *request = data;
        struct connection *connection = request->connection;
        bool last = worker_message_is_last(message);

        if (last) {
                request->worker = NULL;
                if (request->controld->active == request)
                        request->controld->active = NULL;
                log_outcome(request, message);
        } else if (message->step == STEP_SIGNALLED && request->options.task.operation == OPERATION_STOP)
                worker_end_late(); /* the person who makes the last request decides whether auditd runs */
        if (connection && is_wanted(request, message)) {
                control_reply_message(connection, request->controld, &request->options.task, message);
                server_wake(connection);
        }
        /* After the reply: if this daemon is killed before that, the next daemon explains the request. */
        if (last && message->lost && request->options.task.stage)
                record_loss(request->controld);
        else if (last && request->options.task.stage)
                unfinished_end(request->controld->unfinished);
        if (last && connection)
                connection_stream_end(connection);
        else if (last)
                request_free(request);
}

/* Ends, and frees, a request that has no worker. */
static void fail(struct request *request, enum request_failure failure, const char *detail) {
        on_message(&(struct worker_message){ .failure = failure, .detail = detail }, request);
}

/* Replies are sent as the worker's messages come. This only notices a caller that stops sending. */
static bool send_next(struct connection *connection, void *data) {
        if (connection->ending)
                request_cancel(data);
        return !connection->stream.end; /* true: that was answered */
}

/* The caller has the last reply, or has closed the connection. */
static void end(struct connection *connection, void *data) {
        struct request *request = data;

        (void)connection;
        request->connection = NULL;
        if (request->worker)
                worker_cancel(request->worker);
        else
                request_free(request);
}

void request_cancel(struct request *request) {
        if (request->worker)
                worker_cancel(request->worker);
        else {
                request->authorization = authorization_cancel(request->authorization);
                fail(request, FAILURE_CANCELLED, "cancelled");
        }
}

static void log_start(const struct task *task) {
        const struct caller *caller = &task->caller;

        log_event(LOG_NOTICE, AUDITFAIL_MESSAGE_REQUEST_STR,
                  "Request %s to %s auditd: auid %d, session %d, uid %u, pid %d (%s) on %s%s%s%s%s%s", task->id,
                  operation_word(task->operation), (int)caller->peer.auid, (int)caller->peer.session, caller->peer.uid,
                  caller->peer.pid, caller->peer.program, *caller->terminal ? caller->terminal : "no terminal",
                  *task->why ? ", forced: " : "", task->why, *task->reason ? ", reason: \"" : "", task->reason,
                  *task->reason ? "\"" : "");
}

static void start(struct request *request) {
        struct task *task = &request->options.task;
        int r;

        task->deadline_usec = monotonic_usec() + request->options.timeout_usec;
        if (exclusive(request)) {
                log_start(task);
                if (!request->controld->trail) {
                        fail(request, FAILURE_FAILED, "the daemon runs with --no-trail: it does nothing");
                        return;
                }
                request->controld->active = request;
                unfinished_begin(request->controld->unfinished, task);
                notify_status(task, "is under way", "");
        }
        r = worker_start(request->controld->event, task, on_message, request, &request->worker);
        server_event_changed(request->controld->server);
        if (r < 0)
                fail(request, FAILURE_FAILED, strerror(-r));
}

static void deny(struct connection *connection, struct controld *controld, const struct task *task, const char *why,
                 const char *reason) {
        refusal_record(controld, task, why);
        control_reply_denied(connection, reason);
}

static bool refuse_busy(struct connection *connection, const struct controld *controld) {
        if (!controld->active)
                return false;
        control_reply_caller(connection_error(connection, CONTROL_ERROR "Busy"), "caller",
                             &controld->active->options.task.caller);
        connection_send(connection, false);
        return true;
}

/* Ends the stream of a request that was answered with an error. */
static void end_stream(struct connection *connection) {
        connection_stream_end(connection);
        server_wake(connection);
}

static void on_answer(bool allowed, const char *why, void *data) {
        struct request *request = data;
        struct connection *connection = request->connection;
        struct controld *controld = request->controld;
        const struct task *task = &request->options.task;
        enum mismatch mismatch = allowed ? identity_alive(admission_identity(connection)) : MISMATCH_NONE;

        request->authorization = NULL;
        if (!allowed) {
                deny(connection, controld, task, "polkit", why);
                end_stream(connection);
        } else if (controld->ending)
                fail(request, FAILURE_CANCELLED, "cancelled");
        else if (mismatch != MISMATCH_NONE) {
                deny(connection, controld, task, mismatch_word(mismatch), mismatch_text(mismatch));
                end_stream(connection);
        } else if (refuse_busy(connection, controld))
                end_stream(connection);
        else
                start(request);
}

static void ask_polkit(struct request *request) {
        const struct task *task = &request->options.task;
        bool stops = task->operation == OPERATION_STOP || task->operation == OPERATION_RESTART;
        int r = authority_ask(request->controld->authority, &task->caller, stops ? AUTHORITY_STOP : AUTHORITY_SIGNAL,
                              request->options.interactive, on_answer, request, &request->authorization);

        if (r < 0) {
                log_line(LOG_ERR, "Cannot ask polkit: %s", strerror(-r));
                deny(request->connection, request->controld, task, "polkit", "polkit cannot be asked");
                end_stream(request->connection);
                return;
        }
        server_event_changed(request->controld->server);
        if (request->options.interactive)
                on_message(&(struct worker_message){ .step = STEP_WAITING }, request);
}

/*
 * Each request takes a process and leaves records, so each user has a limit. People who are root through sudo have a
 * limit each, by login. Calls of Status have a separate limit. Returns whether it refused TASK.
 */
static bool refuse_many(struct connection *connection, struct controld *controld, const struct task *task) {
        char what[32] = "status";
        uint64_t suppressed;

        if (task->operation != OPERATION_STATUS)
                snprintf(what, sizeof(what), "request-%" PRIu32, task->caller.peer.auid);
        if (ratelimit_allow(controld->requests, what, task->caller.peer.uid, monotonic_usec(), &suppressed))
                return false;
        refusal_record(controld, task, "rate");
        json_integer(connection_error(connection, CONTROL_ERROR "RateLimited"), "retryAfter",
                     RATELIMIT_INTERVAL_USEC / 1000);
        connection_send(connection, false);
        return true;
}

/* Refuses what can be refused without polkit. Returns whether it did. */
static bool refuse_at_once(struct connection *connection, struct controld *controld, const struct task *task) {
        if (refuse_many(connection, controld, task))
                return true;
        if (task->operation == OPERATION_STATUS)
                return false;
        if (task->force && task->caller.peer.uid != 0) {
                deny(connection, controld, task, "force", "only root may use force");
                return true;
        }
        if (task->caller.peer.auid == PEER_UNSET && !task->force) {
                refusal_record(controld, task, "login");
                connection_error(connection, CONTROL_ERROR "NoLogin");
                connection_send(connection, false);
                return true;
        }
        /* Before polkit has answered, other users do not learn whose request is being carried out. */
        return task->caller.peer.uid == 0 && refuse_busy(connection, controld);
}

static struct request *request_new(struct connection *connection, struct controld *controld,
                                   const struct request_options *options) {
        struct request *request = calloc(1, sizeof(*request));

        if (!request)
                return NULL;
        *request = (struct request){ .controld = controld, .connection = connection, .options = *options };
        if (request->options.task.caller.peer.auid == PEER_UNSET && exclusive(request))
                strcpy(request->options.task.why, "login"); /* root has used force */
        if (request_id(request->options.task.id) == 0)
                return request;
        free(request);
        return NULL;
}

/* The first reply also explains the request before this one, if that was killed. */
static void tell_identified(struct request *request) {
        const struct controld *controld = request->controld;
        char text[UNFINISHED_TEXT_MAX] = "";

        if (!controld->active)
                unfinished_explain(controld->unfinished, text, sizeof(text));
        on_message(&(struct worker_message){ .step = STEP_IDENTIFIED, .detail = text }, request);
}

void request_begin(struct connection *connection, struct controld *controld, const struct request_options *options) {
        struct request *request;

        if (controld->ending) {
                control_reply_failed(connection, "the daemon is ending: try again");
                return;
        }
        if (refuse_at_once(connection, controld, &options->task))
                return;
        request = request_new(connection, controld, options);
        if (!request) {
                control_reply_failed(connection, "out of memory, or no random numbers");
                return;
        }
        connection_stream_begin(connection, (struct stream){ .send_next = send_next, .end = end, .data = request });

        if (exclusive(request))
                tell_identified(request);
        if (exclusive(request) && options->task.caller.peer.uid != 0)
                ask_polkit(request);
        else
                start(request);
}
