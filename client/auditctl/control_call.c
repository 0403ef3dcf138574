/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditctl/control_call.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/auditctl/caller_view.h"
#include "client/auditctl/control_error.h"
#include "client/auditctl/interruption.h"
#include "client/auditctl/outcome.h"
#include "client/auditctl/password_agent.h"
#include "client/auditctl/progress_view.h"
#include "client/common/reader.h"
#include "client/common/text.h"
#include "protocol/clock.h"
#include "protocol/request_words.h"
#include "protocol/varlink/client.h"
#include "protocol/well_known.h"

#define GRACE_MSEC    5000 /* how long auditctl waits beyond the time limit for the service to report the timeout */
#define SEE_WHAT_IS   "see: auditctl -s, journalctl -u auditfail-controld"
#define NOT_TOLD      "auditd was not told anything"
#define WITHOUT_LIMIT UINT64_MAX

struct request {
        const struct settings *settings;
        struct progress_view view;
        char *socket;
        struct client *client;
        int interruptions;
        uint64_t deadline_usec; /* on the monotonic clock */
        bool asked;             /* the service has the request; only its reply tells the result */
        bool signalled;         /* the signal was sent to auditd */
        bool cancelled;         /* this program has cancelled the request */
};

static void request_clear(struct request *request) {
        client_free(request->client);
        free(request->socket);
        cleanup_fd(&request->interruptions);
}

/* Starts the time limit of the request. */
static void start_clock(struct request *request) {
        request->view.began_usec = monotonic_usec();
        request->deadline_usec =
                request->view.began_usec + (uint64_t)(request->settings->timeout_ms + GRACE_MSEC) * 1000;
}

/* Prints why no more replies will come, as FORMAT says, and what that means for the request. */
__attribute__((format(printf, 2, 3))) static int lost(struct request *request, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        cleanup(cleanup_free) char *what = text_vformat(format, arguments);
        va_end(arguments);

        if (!request->asked)
                return complain(OUTCOME_UNREACHABLE, "%s; " NOT_TOLD "; see: systemctl status auditfail-controld",
                                what);
        if (!request->signalled)
                return complain(OUTCOME_UNKNOWN, "%s; it is not known whether auditd has the signal; " SEE_WHAT_IS,
                                what);
        return complain(OUTCOME_UNKNOWN, "%s; auditd has the signal, but its result is not known; " SEE_WHAT_IS, what);
}

static int cannot_connect(struct request *request, int error) {
        const char *path = request->socket;

        switch (error) {
        case ENOENT:
        case ECONNREFUSED:
                return complain(OUTCOME_UNREACHABLE,
                                "no service behind %s: %s; " NOT_TOLD
                                "; try: systemctl enable --now auditfail-controld.socket",
                                path, strerror(error));
        case ENOMEM:
                out_of_memory();
        default:
                return lost(request, "cannot connect to %s: %s", path, strerror(error));
        }
}

static int no_reply(struct request *request, int error) {
        switch (error) {
        case ECONNRESET:
        case EPIPE:
                return lost(request, "the service closed the connection");
        case ETIMEDOUT:
                return lost(request, "the service did not answer within %g s",
                            (request->settings->timeout_ms + GRACE_MSEC) / 1e3);
        case EBADMSG:
        case EMSGSIZE:
                return lost(request, "the service behind %s does not speak Varlink", request->socket);
        case ENOMEM:
                out_of_memory();
        default:
                return lost(request, "cannot talk to the service: %s", strerror(error));
        }
}

static int misunderstood(struct request *request, const char *fault) {
        return lost(request,
                    "the reply of the service cannot be understood: \"%s\" is missing or has another type; is it of "
                    "this version (" AUDITFAIL_VERSION ")?",
                    fault);
}

/*
 * A process that can write to the folder of the socket could listen there while the service is down, and report
 * success. The kernel knows which user listens. For the service that is root, because systemd listens.
 */
static int check_service(struct request *request) {
        struct ucred service;
        socklen_t size = sizeof(service);

        if (getsockopt(client_fd(request->client), SOL_SOCKET, SO_PEERCRED, &service, &size) < 0)
                return no_reply(request, errno);
        if (service.uid != 0 && service.uid != geteuid())
                return lost(request,
                            "the service behind %s belongs to uid %u and not to root, so nothing was requested",
                            request->socket, service.uid);
        return OUTCOME_DONE;
}

static int connect_service(struct request *request) {
        request->socket = client_socket(CONTROL_INTERFACE);
        if (!request->socket)
                out_of_memory();
        int r = client_connect(request->socket, request->settings->timeout_ms, &request->client);
        if (r < 0)
                return cannot_connect(request, -r);
        request->interruptions = interruption_open();
        if (request->interruptions < 0)
                return lost(request, "cannot take signals: %s", strerror(-request->interruptions));
        return check_service(request);
}

/* Handles Ctrl-C. Returns OUTCOME_DONE if the reply is still worth waiting for. */
static int interrupted(struct request *request) {
        if (request->signalled)
                return complain(
                        OUTCOME_DETACHED,
                        "detached: auditd has the signal already; the request goes on without you; " SEE_WHAT_IS);
        if (!request->asked)
                return complain(OUTCOME_CANCELLED, "cancelled; " NOT_TOLD);
        if (request->cancelled)
                return lost(request, "the reply to the cancellation was not waited for");

        /*
         * The service cancels the request when it reads the end of the stream, unless it has signalled auditd before.
         * It replies in both cases, and only the reply tells which case it is.
         */
        shutdown(client_fd(request->client), SHUT_WR);
        request->cancelled = true;
        start_clock(request);
        return OUTCOME_DONE;
}

/* Waits for a reply, a signal, or the time limit. */
static int wait_for_events(struct request *request) {
        struct pollfd entries[] = { { .fd = client_fd(request->client), .events = POLLIN },
                                    { .fd = request->interruptions, .events = POLLIN } };
        uint64_t now = monotonic_usec();
        int left = -1;

        if (request->deadline_usec != WITHOUT_LIMIT) {
                if (now >= request->deadline_usec)
                        return -ETIMEDOUT;
                left = (int)((request->deadline_usec - now) / 1000) + 1;
        }
        return poll(entries, 2, left) < 0 && errno != EINTR ? -errno : 0;
}

struct reply {
        struct json_object *parameters;
        const char *error;
        bool continues;
};

static void reply_clear(struct reply *reply) {
        json_object_put(reply->parameters);
}

static int next_reply(struct request *request, struct reply *ret) {
        for (;;) {
                int r = client_reply(request->client, 0, &ret->parameters, &ret->error, &ret->continues);
                if (r == 0)
                        return OUTCOME_DONE;
                if (r == -ETIMEDOUT && interruption_take(request->interruptions)) {
                        int outcome = interrupted(request);
                        if (outcome != OUTCOME_DONE)
                                return outcome;
                }
                if (r == -ETIMEDOUT)
                        r = wait_for_events(request);
                if (r < 0)
                        return no_reply(request, -r);
        }
}

/* Sends the call. If sending fails with EPIPE, the service has sent an error before it closed the connection. */
static int call(struct request *request, const char *method, struct json_object *parameters, bool more) {
        cleanup(cleanup_free) char *name = text_format(CONTROL_INTERFACE ".%s", method);

        start_clock(request);
        int r = client_call(request->client, name, parameters, more);
        return r < 0 && r != -EPIPE ? no_reply(request, -r) : OUTCOME_DONE;
}

/* Asks the service who the caller is. The caller of this function puts *RET, the reply. */
static int identify(struct request *request, struct json_object **ret) {
        cleanup(reply_clear) struct reply reply = { 0 };

        int outcome = call(request, "Identify", NULL, false);
        if (outcome == OUTCOME_DONE)
                outcome = next_reply(request, &reply);
        if (outcome != OUTCOME_DONE)
                return outcome;
        if (reply.error)
                return control_error_show(request->settings, reply.error, reply.parameters);
        *ret = TAKE_PTR(reply.parameters);
        return OUTCOME_DONE;
}

static struct json_object *request_parameters(const struct settings *settings, const char *token, bool interactive) {
        struct json_object *parameters = object_new();

        object_add_string(parameters, "token", token);
        object_add_string(parameters, "signal", settings->verb->signal);
        object_add_string(parameters, "reason", settings->reason);
        object_add_boolean(parameters, "force", settings->force);
        object_add_integer(parameters, "timeout", settings->timeout_ms);
        object_add_boolean(parameters, "interactive", interactive);
        return parameters;
}

/* Handles a Progress reply. Returns OUTCOME_DONE unless it is faulty or the request was interrupted. */
static int take_progress(struct request *request, const struct reply *reply) {
        struct reader parameters = { .object = reply->parameters };
        struct reader object = { .object = read_object(&parameters, "progress") };
        const char *fault = parameters.fault;
        enum request_step step = fault ? STEP_COUNT : request_step_of(read_string(&object, "step"));
        fault = fault ?: object.fault;
        if (fault)
                return misunderstood(request, fault);

        /* polkit limits the time for the password. The service's own time limit starts afterwards. */
        if (step == STEP_WAITING)
                request->deadline_usec = WITHOUT_LIMIT;
        else if (request->deadline_usec == WITHOUT_LIMIT)
                start_clock(request);
        if (step >= STEP_SIGNALLED && step < STEP_COUNT)
                request->signalled = true;

        progress_view_print(&request->view, step, &object);
        if (object.fault || (!reply->continues && step != STEP_DONE))
                return misunderstood(request, object.fault ?: "continues");
        if (reply->continues && request->signalled && request->cancelled)
                return interrupted(request);
        return OUTCOME_DONE;
}

/* Sends the request with the TOKEN of Identify, and handles all replies. */
static int ask(struct request *request, const char *token) {
        const struct settings *settings = request->settings;
        bool interactive = geteuid() != 0 && isatty(STDIN_FILENO) && !settings->no_ask_password;
        cleanup(cleanup_json) struct json_object *parameters = request_parameters(settings, token, interactive);
        cleanup(cleanup_password_agent) pid_t agent = interactive ? password_agent_start(request->interruptions) : 0;

        if (interruption_take(request->interruptions))
                return interrupted(request);
        int outcome = call(request, settings->verb->method, parameters, true);
        request->asked = true;
        for (bool continues = true; outcome == OUTCOME_DONE && continues;) {
                cleanup(reply_clear) struct reply reply = { 0 };
                outcome = next_reply(request, &reply);
                if (outcome != OUTCOME_DONE)
                        break;
                if (reply.error)
                        return control_error_show(settings, reply.error, reply.parameters);
                outcome = take_progress(request, &reply);
                continues = reply.continues;
        }
        return outcome;
}

int control_call(const struct settings *settings) {
        cleanup(request_clear) struct request request = { .settings = settings,
                                                          .view.settings = settings,
                                                          .interruptions = -1 };
        cleanup(cleanup_json) struct json_object *identity = NULL;

        int outcome = connect_service(&request);
        if (outcome == OUTCOME_DONE)
                outcome = identify(&request, &identity);
        if (outcome != OUTCOME_DONE)
                return outcome;

        struct reader reply = { .object = identity };
        struct reader caller = { .object = read_object(&reply, "caller") };
        const char *token = read_string(&reply, "token");
        if (reply.fault)
                return misunderstood(&request, reply.fault);
        if (settings->verb->method)
                return ask(&request, token);

        if (settings->json)
                json_print(caller.object, settings->json);
        else if (!settings->quiet)
                caller_print(&caller);
        return caller.fault ? misunderstood(&request, caller.fault) : OUTCOME_DONE;
}
