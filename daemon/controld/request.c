/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/request.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "daemon/common/log.h"
#include "daemon/controld/admission.h"
#include "daemon/controld/control_reply.h"
#include "daemon/controld/worker.h"
#include "protocol/clock.h"
#include "protocol/message_ids.h"

struct entry {
        TAILQ_ENTRY(entry) next;
        struct worker_message message;
};

struct request {
        struct controld *controld;
        struct connection *connection; /* NULL: nobody listens any more */
        struct request_options options;
        struct authorization *authorization; /* polkit has not answered yet */
        struct worker *worker;
        bool over;                          /* the last news has come */
        TAILQ_HEAD(entries, entry) message; /* that is still to be sent */
};

static bool exclusive(const struct request *request) {
        return request->options.task.operation != OPERATION_STATUS;
}

static void request_free(struct request *request) {
        struct entry *entry;

        while ((entry = TAILQ_FIRST(&request->message))) {
                TAILQ_REMOVE(&request->message, entry, next);
                free(entry);
        }
        if (request->controld->active == request)
                request->controld->active = NULL;
        authorization_cancel(request->authorization);
        free(request);
}

/* A line of the log for the last news. */
static void log_outcome(const struct request *request, const struct worker_message *message) {
        const struct task *task = &request->options.task;

        if (!exclusive(request))
                return;
        if (message->failure != FAILURE_NONE)
                log_event(LOG_ERR, AUDITFAIL_MESSAGE_REQUEST_FAILED_STR,
                          "Request %s of auid %d to %s auditd failed: %s: %s; auditd %s the signal", task->id,
                          (int)task->caller.auid, operation_word(task->operation),
                          request_failure_word(message->failure), message->detail,
                          message->signalled ? "has" : "does not have");
        else if (task->operation == OPERATION_STOP)
                log_event(LOG_NOTICE, AUDITFAIL_MESSAGE_AUDITD_STOPPED_STR,
                          "auditd (pid %d) was stopped by auid %d, request %s, event %s", message->auditd,
                          (int)task->caller.auid, task->id, *message->event ? message->event : "unknown");
        else
                log_line(LOG_INFO, "Request %s of auid %d to %s auditd is done", task->id, (int)task->caller.auid,
                         operation_word(task->operation));
}

/* Queues NEWS for the caller. What only tells how it goes on gives way to the next of its kind. */
static void queue(struct request *request, const struct worker_message *message) {
        struct entry *last = TAILQ_LAST(&request->message, entries);
        bool final = message->failure != FAILURE_NONE || message->step == STEP_DONE;

        if (!request->connection || (!final && !request->options.more))
                return;
        if (!last || last->message.step != STEP_DRAINING || message->step != STEP_DRAINING) {
                last = calloc(1, sizeof(*last));
                if (!last) {
                        log_line(LOG_ERR, "Out of memory: a caller is not told what happens");
                        return;
                }
                TAILQ_INSERT_TAIL(&request->message, last, next);
        }
        last->message = *message;
        server_wake(request->connection);
}

static void on_message(const struct worker_message *message, void *data) {
        struct request *request = data;

        request->over = message->failure != FAILURE_NONE || message->step == STEP_DONE;
        if (request->over) {
                request->worker = NULL;
                if (request->controld->active == request)
                        request->controld->active = NULL;
                log_outcome(request, message);
        }
        queue(request, message);
        if (request->over && !request->connection)
                request_free(request);
}

/* Ends a request that no worker has. */
static void fail(struct request *request, enum request_failure failure, const char *detail) {
        struct worker_message message = { .failure = failure };

        strncpy(message.detail, detail, sizeof(message.detail) - 1);
        on_message(&message, request);
}

/* Sends the oldest of the news. */
static bool step(struct connection *connection, void *data) {
        struct request *request = data;
        struct entry *entry;
        bool final, over;

        if (connection->ending && !request->over)
                request_cancel(request);
        over = request->over;
        entry = TAILQ_FIRST(&request->message);
        if (!entry) {
                if (over) /* the last of the news is lost, for want of memory: whoever waits for it must not wait on */
                        connection_refuse(connection);
                return over;
        }
        final = entry->message.failure != FAILURE_NONE || entry->message.step == STEP_DONE;
        progress_send(connection, request->controld, &request->options.task, &entry->message, !final);
        TAILQ_REMOVE(&request->message, entry, next);
        free(entry);
        if (final)
                connection_stream_end(connection);
        return true;
}

/* The caller has hung up, or has the last reply. */
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
        else if (!request->over) {
                request->authorization = authorization_cancel(request->authorization);
                fail(request, FAILURE_CANCELLED, "cancelled");
        }
}

static void start(struct request *request) {
        struct task *task = &request->options.task;
        int r;

        task->deadline_usec = monotonic_usec() + request->options.timeout_usec;
        if (exclusive(request)) {
                log_event(LOG_NOTICE, AUDITFAIL_MESSAGE_REQUEST_STR,
                          "Request %s to %s auditd: auid %d, session %d, uid %u, pid %d (%s) on %s%s%s%s%s%s", task->id,
                          operation_word(task->operation), (int)task->caller.auid, (int)task->caller.session,
                          task->caller.uid, task->caller.pid, task->caller.program,
                          *task->caller.terminal ? task->caller.terminal : "no terminal", task->why ? ", forced: " : "",
                          task->why ? task->why : "", *task->reason ? ", reason: \"" : "", task->reason,
                          *task->reason ? "\"" : "");
                if (!request->controld->trail) {
                        fail(request, FAILURE_FAILED, "this daemon runs with --no-trail, and so does nothing");
                        return;
                }
        }
        r = worker_start(request->controld->event, task, on_message, request, &request->worker);
        if (r < 0)
                fail(request, FAILURE_FAILED, strerror(-r));
}

/* Ends a request with an error of its own. */
static void refuse(struct request *request, const char *why, const char *text) {
        struct connection *connection = request->connection;
        struct task *task = &request->options.task;

        record_refusal(request->controld, &task->caller, task->identified, task->operation, why, task->reason);
        json_string(connection_error(connection, "io.auditfail.Control.PermissionDenied"), "reason", text);
        connection_send(connection, false);
        connection_stream_end(connection);
        server_wake(connection);
}

static bool refuse_busy(struct connection *connection, const struct controld *controld) {
        if (!controld->active)
                return false;
        progress_caller(connection_error(connection, "io.auditfail.Control.Busy"), "caller",
                        &controld->active->options.task.caller);
        connection_send(connection, false);
        return true;
}

static void on_answer(bool allowed, const char *why, void *data) {
        struct request *request = data;
        struct connection *connection = request->connection;
        struct controld *controld = request->controld;

        request->authorization = NULL;
        if (!allowed)
                refuse(request, "polkit", why);
        else if (controld->ending)
                fail(request, FAILURE_CANCELLED, "cancelled");
        else if (identity_alive(admission_identity(connection)) != MISMATCH_NONE)
                refuse(request, mismatch_word(MISMATCH_ENDED), mismatch_text(MISMATCH_ENDED));
        else if (refuse_busy(connection, controld)) {
                connection_stream_end(connection);
                server_wake(connection);
        } else {
                controld->active = request;
                start(request);
        }
}

static void ask(struct request *request) {
        static const struct worker_message waiting = { .step = STEP_WAITING };
        enum operation operation = request->options.task.operation;
        const char *action =
                operation == OPERATION_STOP || operation == OPERATION_RESTART ? AUTHORITY_STOP : AUTHORITY_SIGNAL;
        int r = authority_ask(request->controld->authority, &request->options.task.caller, action,
                              request->options.interactive, on_answer, request, &request->authorization);

        if (r < 0) {
                log_line(LOG_ERR, "polkit cannot be asked: %s", strerror(-r));
                refuse(request, "polkit", "polkit cannot be asked");
        } else if (request->options.interactive)
                queue(request, &waiting);
}

/*
 * Each request takes a process, and leaves records. Returns whether this one is too many, and answered. People who are
 * root through sudo have a limit each, and who looks at the status now and then does not use up the one for requests.
 */
static bool refuse_many(struct connection *connection, struct controld *controld, const struct task *task) {
        char what[32] = "status";
        uint64_t suppressed;

        if (task->operation != OPERATION_STATUS)
                snprintf(what, sizeof(what), "request-%" PRIu32, task->caller.auid);
        if (ratelimit_allow(controld->requests, what, task->caller.uid, monotonic_usec(), &suppressed))
                return false;
        record_refusal(controld, &task->caller, task->identified, task->operation, "rate", task->reason);
        json_integer(connection_error(connection, "io.auditfail.Control.RateLimited"), "retryAfter",
                     RATELIMIT_INTERVAL_USEC / 1000);
        connection_send(connection, false);
        return true;
}

/* What needs no polkit to be refused. Returns whether it was, and answered. */
static bool refuse_at_once(struct connection *connection, struct controld *controld, struct request_options *options) {
        struct task *task = &options->task;

        if (refuse_many(connection, controld, task))
                return true;
        if (task->operation == OPERATION_STATUS)
                return false;
        if (task->force && task->caller.uid != 0) {
                record_refusal(controld, &task->caller, task->identified, task->operation, "force", task->reason);
                json_string(connection_error(connection, "io.auditfail.Control.PermissionDenied"), "reason",
                            "only root may use force");
                connection_send(connection, false);
                return true;
        }
        if (task->caller.auid == CALLER_UNSET && !task->force) {
                record_refusal(controld, &task->caller, task->identified, task->operation, "login", task->reason);
                connection_error(connection, "io.auditfail.Control.NoLogin");
                connection_send(connection, false);
                return true;
        }
        task->why = task->caller.auid == CALLER_UNSET ? "login" : NULL;
        /* Who is at it is for those to know who may. */
        return task->caller.uid == 0 && refuse_busy(connection, controld);
}

static void send_failed(struct connection *connection, const char *detail) {
        struct json_writer *w = connection_error(connection, "io.auditfail.Control.Failed");

        json_boolean(w, "signalled", false);
        json_string(w, "detail", detail);
        connection_send(connection, false);
}

void request_begin(struct connection *connection, struct controld *controld, const struct request_options *options) {
        static const struct worker_message identified = { .step = STEP_IDENTIFIED };
        struct request_options copy = *options;
        struct request *request;

        if (controld->ending) {
                send_failed(connection, "the daemon is ending: try again");
                return;
        }
        if (refuse_at_once(connection, controld, &copy))
                return;
        request = calloc(1, sizeof(*request));
        if (!request || request_id(copy.task.id) < 0) {
                free(request);
                send_failed(connection, "out of memory, or of random numbers");
                return;
        }
        request->controld = controld;
        request->connection = connection;
        request->options = copy;
        TAILQ_INIT(&request->message);
        connection_stream_begin(connection, (struct stream){ .send_next = step, .end = end, .data = request });

        if (!exclusive(request)) {
                start(request);
                return;
        }
        queue(request, &identified);
        if (copy.task.caller.uid != 0) {
                ask(request);
                return;
        }
        controld->active = request;
        start(request);
}
