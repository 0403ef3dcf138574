/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bench/operation.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auditfail.h"
#include "protocol/json/json_reader.h"
#include "tests/bench/peer_dbus.h"
#include "tests/bench/peer_echo.h"
#include "tests/bench/peer_file.h"
#include "tests/bench/peer_varlink.h"

#define SOCKET_NAME "io.auditfail.Policy"

/* What a program asks whose audit_log_user_message() was refused. */
static const struct auditfail_question question = {
        .application = "app-00000",
        .operation = "audit_log_user_message",
        .error = EPERM,
        .timeout_ms = 60000, /* counts.c takes long */
};

static void ask_via(enum auditfail_via via, bool ahead) {
        struct auditfail_question asked = question;
        struct auditfail_answer answer;

        asked.flags = ahead ? AUDITFAIL_AHEAD : 0;
        auditfail_ask(&asked, &answer);
        if (answer.via != via)
                errx(1, "the answer came from elsewhere (%d): %s", answer.via, strerror(answer.cause));
}

static void ask_daemon(struct side *side) {
        (void)side;
        ask_via(AUDITFAIL_VIA_DAEMON, false);
}

static void ask_snapshot(struct side *side) {
        (void)side;
        ask_via(AUDITFAIL_VIA_SNAPSHOT, false);
}

static const struct message *next_request(struct side *side) {
        if (side->applications == 0)
                return &side->request;

        char digits[16];
        snprintf(digits, sizeof(digits), "%05u", side->asked);
        memcpy(side->number, digits, 5);
        /* A step that has no divisor in common with the counts that are measured visits all, far from the last one. */
        side->asked = (side->asked + 7919) % side->applications;
        return &side->request;
}

static void query_connected(struct side *side) {
        int fd = socket_connect(&side->address);

        exchange(fd, next_request(side));
        close(fd);
}

static void query_kept(struct side *side) {
        exchange(side->fd, next_request(side));
}

/* As a client in C on a kept connection, which reads the answer. The stub has no kept connection. */
static void call_kept(struct side *side) {
        struct message reply;
        struct json_value message;
        char action[16];

        message_send(side->fd, &side->request);
        if (message_receive(side->fd, &reply) < 0 || !json_read(reply.bytes, reply.length - 1, 32, &message) ||
            !json_get_string(json_member(json_member(message, "parameters"), "action"), action, sizeof(action), NULL))
                errx(1, "no reply");
}

static void daemon_find(struct side *side) {
        struct ucred server;
        socklen_t length = sizeof(server);
        int fd = socket_connect(&side->address);

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &server, &length) < 0)
                err(1, "SO_PEERCRED");
        close(fd);
        side->server = server.pid;
}

/* The stub asks the daemon to close the connection. Blanks keep the request as long as it is. */
static void keep_open(struct message *request) {
        static const char wish[] = "\"close\":true,";
        char *found = memmem(request->bytes, request->length, wish, strlen(wish));

        if (found)
                memset(found, ' ', strlen(wish));
}

static void daemon_connect(struct side *side) {
        daemon_find(side);
        keep_open(&side->request);
        side->fd = socket_connect(&side->address);
}

static const struct operation operations[] = {
        { "ask", true, daemon_find, ask_daemon },
        { "snapshot", false, NULL, ask_snapshot },
        { "query", true, daemon_find, query_connected },
        { "query-kept", true, daemon_connect, query_kept },
        { "call-kept", true, daemon_connect, call_kept },
        { "echo", true, peer_echo_start, peer_echo_connected },
        { "echo-kept", true, peer_echo_connect, peer_echo_kept },
        { "file", false, NULL, peer_file_read },
        { "libaudit", false, NULL, peer_file_libaudit },
        { "varlink", true, peer_varlink_start, peer_varlink_connected },
        { "varlink-kept", true, peer_varlink_connect, peer_varlink_kept },
        { "dbus", true, peer_dbus_start, peer_dbus_connected },
        { "dbus-kept", true, peer_dbus_connect, peer_dbus_kept },
};

static const struct operation *operation_find(const char *spec) {
        size_t length = strcspn(spec, "=");

        for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
                if (strlen(operations[i].name) == length && strncmp(operations[i].name, spec, length) == 0)
                        return &operations[i];
        errx(2, "%s: no such operation", spec);
}

bool spec_talks(const char *spec) {
        return operation_find(spec)->talks;
}

bool spec_spreads(const char *spec) {
        return strchr(spec, '=');
}

void side_prepare(struct side *side, const char *spec, const struct conversation *conversation) {
        *side = (struct side){ .operation = operation_find(spec), .conversation = conversation, .fd = -1 };
        side->address = socket_address(conversation->folder, SOCKET_NAME);
        side->request = conversation->request;

        const char *folder = strchr(spec, '=');
        if (folder) {
                const char *colon = strrchr(folder, ':');
                char path[sizeof(side->address.sun_path)];

                if (!colon || colon - folder > (ssize_t)sizeof(path))
                        errx(2, "%s: expected NAME=FOLDER:APPLICATIONS", spec);
                snprintf(path, sizeof(path), "%.*s", (int)(colon - folder - 1), folder + 1);
                side->address = socket_address(path, SOCKET_NAME);
                side->applications = (unsigned)strtoul(colon + 1, NULL, 10);
                side->number = memmem(side->request.bytes, side->request.length, "app-00000", 9);
                if (!side->number || side->applications == 0)
                        errx(1, "%s: no application to ask for", spec);
                side->number += strlen("app-");
        }
        if (side->operation->prepare)
                side->operation->prepare(side);
}

void conversation_record(struct conversation *c, const char *folder, bool ahead) {
        struct sockaddr_un public = socket_address(folder, SOCKET_NAME), aside = socket_address(folder, "aside");

        c->folder = folder;
        if (rename(public.sun_path, aside.sun_path) < 0)
                err(1, "cannot move %s out of the way", public.sun_path);
        int listener = socket_listen(&public);

        pid_t asker = fork_bound();
        if (asker == 0) {
                ask_via(AUDITFAIL_VIA_DAEMON, ahead);
                _exit(0);
        }

        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        int daemon = socket_connect(&aside);
        if (fd < 0 || message_receive(fd, &c->request) < 0)
                errx(1, "the stub asked nothing");
        message_send(daemon, &c->request);
        if (message_receive(daemon, &c->reply) < 0)
                errx(1, "the daemon hung up on the query");
        message_send(fd, &c->reply);

        int status;
        if (waitpid(asker, &status, 0) < 0 || status != 0)
                errx(1, "the stub did not take the daemon's answer");
        close(daemon);
        close(fd);
        close(listener);
        if (rename(aside.sun_path, public.sun_path) < 0)
                err(1, "cannot put %s back", public.sun_path);
}
