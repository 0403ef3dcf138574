/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/auditfaild/kernel_question.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "protocol/cleanup.h"
#include "protocol/json/json_reader.h"

#define CALL_MAX  256
#define REPLY_LEN 1024
#define DEPTH_MAX 8

/* Belongs to the stream of CONNECTION. */
struct question {
        struct connection *connection;
        const struct auditfaild *daemon;
        unsigned type;
        kernel_reply *reply;

        int fd; /* to auditfail-controld */
        sd_event_source *readable, *late;
        size_t length; /* of what has come of its reply */
        char text[REPLY_LEN];
};

/* Open questions of users other than root: half of auditfail-controld's workers are for root's programs. */
static size_t others;

static bool is_others(const struct connection *connection) {
        return connection->user->uid != 0;
}

static void question_free(struct question *question) {
        if (!question)
                return;
        sd_event_source_disable_unref(question->readable);
        sd_event_source_disable_unref(question->late);
        cleanup_fd(&question->fd);
        others -= is_others(question->connection);
        free(question);
}

static void cleanup_question(struct question **question) {
        question_free(*question);
}

/* Frees QUESTION. */
static void finish(struct question *question, const struct kernel_answer *answer) {
        struct connection *connection = question->connection;

        question->reply(connection, question->daemon, question->type, answer);
        connection_stream_end(connection);
        server_wake(connection);
}

static bool parse_answer(const char *text, size_t length, struct kernel_answer *ret) {
        static const struct json_name names[] = { JSON_NAME("enabled"), JSON_NAME("excluded"), JSON_NAME("pressed"),
                                                  JSON_NAME("lost") };
        static const struct json_name outer_names[] = { JSON_NAME("parameters"), JSON_NAME("error") };
        struct json_value values[4], outer_values[2];
        const struct json_wanted parameters = { .count = 4, .names = names, .values = values };
        const struct json_wanted reply = { 2, outer_names, outer_values, &parameters };
        int64_t lost;

        if (!json_read_members(text, length, DEPTH_MAX, &reply) || !json_absent(outer_values[1]))
                return false;
        if (!json_get_boolean(values[0], &ret->enabled) || !json_get_boolean(values[1], &ret->excluded) ||
            !json_get_boolean(values[2], &ret->pressed) || !json_get_integer(values[3], &lost) || lost < 0 ||
            lost > UINT32_MAX)
                return false;
        ret->lost = (uint32_t)lost;
        return true;
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct question *question = userdata;
        struct kernel_answer answer;
        char *text = question->text, *end;
        ssize_t bytes = recv(fd, text + question->length, REPLY_LEN - question->length, MSG_DONTWAIT);

        (void)source, (void)events;
        if (bytes < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (bytes > 0)
                question->length += (size_t)bytes;
        end = memchr(text, '\0', question->length);
        if (end)
                finish(question, parse_answer(text, (size_t)(end - text), &answer) ? &answer : NULL);
        else if (bytes <= 0 || question->length == REPLY_LEN)
                finish(question, NULL);
        return 0;
}

static int on_late(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source, (void)usec;
        finish(userdata, NULL);
        return 0;
}

/* Returns a connection to auditfail-controld or a negative errno; -EAGAIN: its backlog is full. */
static int connect_to_controld(const char *folder) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        cleanup(cleanup_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return -errno;
        if (snprintf(address.sun_path, sizeof(address.sun_path), "%s/io.auditfail.Control", folder) >=
            (int)sizeof(address.sun_path))
                return -ENAMETOOLONG;
        if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                return -errno;
        return TAKE_FD(fd);
}

/* A new connection has room for a call. */
static int send_call(int fd, unsigned type, pid_t pid) {
        char call[CALL_MAX];
        struct json_writer w = JSON_WRITER(call, sizeof(call));
        size_t length;

        json_object_begin(&w, NULL);
        json_string(&w, "method", "io.auditfail.Control.Kernel");
        json_object_begin(&w, "parameters");
        json_integer(&w, "type", type);
        json_integer(&w, "pid", pid);
        json_object_end(&w);
        json_object_end(&w);
        length = json_finish(&w);
        return send(fd, call, length, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)length ? 0 : -EIO;
}

static void end(struct connection *connection, void *data) {
        (void)connection;
        question_free(data);
}

static bool may_ask(const struct connection *connection, const struct auditfaild *daemon) {
        uid_t uid = connection->user->uid;
        uint64_t suppressed;

        return !is_others(connection) ||
               (others < KERNEL_QUESTIONS_OTHERS &&
                ratelimit_allow(daemon->kernel_questions, "kernel", uid, server_now(daemon->server), &suppressed));
}

static int ask(struct connection *connection, const struct auditfaild *daemon, unsigned type, pid_t pid,
               kernel_reply *reply) {
        if (!may_ask(connection, daemon))
                return -EBUSY;

        cleanup(cleanup_question) struct question *question = malloc(sizeof(*question));
        int r;

        if (!question)
                return -ENOMEM;
        *question = (struct question){ .connection = connection, .daemon = daemon, .type = type, .reply = reply };
        others += is_others(connection);
        if ((r = question->fd = connect_to_controld(daemon->runtime)) < 0 ||
            (r = send_call(question->fd, type, pid)) < 0 ||
            (r = sd_event_add_io(daemon->event, &question->readable, question->fd, EPOLLIN, on_readable, question)) <
                    0 ||
            (r = sd_event_add_time_relative(daemon->event, &question->late, CLOCK_MONOTONIC, KERNEL_QUESTION_USEC, 0,
                                            on_late, question)) < 0)
                return r;
        server_event_changed(daemon->server);
        connection_stream_begin(connection, (struct stream){ .end = end, .data = TAKE_PTR(question) });
        return 0;
}

void kernel_question(struct connection *connection, const struct auditfaild *daemon, unsigned type, pid_t pid,
                     kernel_reply *reply) {
        if (ask(connection, daemon, type, pid, reply) < 0)
                reply(connection, daemon, type, NULL);
}
