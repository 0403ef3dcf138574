/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/control_reply.h"

#include <stdio.h>
#include <string.h>

static void id_maybe(struct json_writer *w, const char *key, uint32_t id) {
        if (id != PEER_UNSET)
                json_integer(w, key, id);
}

void control_reply_caller(struct json_writer *w, const char *key, const struct caller *caller) {
        json_object_begin(w, key);
        json_integer(w, "pid", caller->peer.pid);
        json_integer(w, "uid", caller->peer.uid);
        json_integer(w, "gid", caller->peer.gid);
        id_maybe(w, "auid", caller->peer.auid);
        id_maybe(w, "session", caller->peer.session);
        json_string_maybe(w, "label", caller->label);
        json_string_maybe(w, "terminal", caller->terminal);
        json_string_maybe(w, "program", caller->peer.program);
        json_object_end(w);
}

static void write_record(struct json_writer *w, const struct task *task, const struct worker_message *message) {
        json_object_begin(w, "record");
        json_string_maybe(w, "event", message->event);
        json_string(w, "request", task->id);
        json_object_end(w);
}

static void write_trail(struct json_writer *w, const char *text) {
        json_array_begin(w, "trail");
        for (const char *end; (end = strchr(text, '\n')); text = end + 1)
                json_string_n(w, NULL, text, (size_t)(end - text));
        json_array_end(w);
}

static void write_progress(struct json_writer *w, const struct task *task, const struct worker_message *message) {
        json_object_begin(w, "progress");
        json_string(w, "step", request_step_word(message->step));
        if (message->step == STEP_IDENTIFIED)
                control_reply_caller(w, "caller", &task->caller);
        if (message->step == STEP_RECORDED || message->step == STEP_UNCONFIRMED || message->step == STEP_DONE)
                write_record(w, task, message);
        if (message->auditd > 0)
                json_integer(w, "auditd", message->auditd);
        if (message->step == STEP_DRAINING)
                json_integer(w, "backlog", message->kernel.backlog);
        if (message->step == STEP_DONE)
                write_trail(w, message->trail);
        json_string_maybe(w, "state", message->state);
        json_string_maybe(w, "detail", message->detail);
        json_object_end(w);
}

static void write_status(struct json_writer *w, const struct controld *controld, const struct worker_message *message) {
        if (message->kernel.auditd > 0)
                json_integer(w, "auditd", message->kernel.auditd);
        json_string_maybe(w, "program", message->program);
        json_integer(w, "enabled", message->kernel.enabled + message->kernel.locked);
        json_integer(w, "backlog", message->kernel.backlog);
        json_integer(w, "backlogLimit", message->kernel.backlog_limit);
        json_integer(w, "lost", message->kernel.lost);
        json_integer(w, "rateLimit", message->kernel.rate_limit);
        json_array_begin(w, "excluding");
        if (*message->rule)
                json_string(w, NULL, message->rule);
        json_array_end(w);
        json_boolean(w, "busy", controld->active != NULL);
        json_boolean(w, "polkit", authority_has_polkit(controld->authority));
        json_string_maybe(w, "logFile", message->log_file);
        json_string(w, "version", AUDITFAIL_VERSION);
}

static void write_failure(struct json_writer *w, const struct task *task, const struct worker_message *message) {
        switch (message->failure) {
        case FAILURE_OTHER_AUDIT_DAEMON:
                json_integer(w, "pid", message->auditd);
                json_string(w, "program", message->program);
                break;
        case FAILURE_NOT_RECORDED:
                json_string(w, "cause", cause_word(message->cause));
                json_string(w, "detail", message->detail);
                json_string_maybe(w, "rule", message->rule);
                break;
        case FAILURE_ENDED_BY_ITSELF:
                write_record(w, task, message);
                break;
        case FAILURE_NO_EFFECT:
        case FAILURE_FAILED:
                if (!message->unsure)
                        json_boolean(w, "signalled", message->signalled);
                json_string(w, "detail", message->detail);
                break;
        case FAILURE_NO_AUDIT_DAEMON:
                json_string_maybe(w, "detail", message->detail);
                break;
        case FAILURE_NOT_CONFIRMED:
        case FAILURE_NOT_STARTED:
        case FAILURE_RULES_NOT_LOADED:
                json_string(w, "detail", message->detail);
                break;
        default:
                break;
        }
}

void control_reply_message(struct connection *connection, const struct controld *controld, const struct task *task,
                           const struct worker_message *message) {
        char error[64];

        if (message->failure != FAILURE_NONE) {
                snprintf(error, sizeof(error), CONTROL_ERROR "%s", request_failure_word(message->failure));
                write_failure(connection_error(connection, error), task, message);
        } else if (task->operation == OPERATION_STATUS)
                write_status(connection_reply(connection), controld, message);
        else
                write_progress(connection_reply(connection), task, message);
        connection_send(connection, !worker_message_is_last(message));
}

void control_reply_failed(struct connection *connection, const char *detail) {
        struct json_writer *w = connection_error(connection, CONTROL_ERROR "Failed");

        json_boolean(w, "signalled", false);
        json_string(w, "detail", detail);
        connection_send(connection, false);
}

void control_reply_denied(struct connection *connection, const char *reason) {
        json_string(connection_error(connection, CONTROL_ERROR "PermissionDenied"), "reason", reason);
        connection_send(connection, false);
}
