/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/server/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/common/log.h"

void connection_fail(struct connection *connection, int error) {
        connection->broken = true;
        if (error != EPIPE && error != ECONNRESET)
                connection->error = error;
}

/* Replaces connection->in by COUNT BYTES. Returns false if the user's limit is reached or memory is out. */
static bool keep_input(struct connection *connection, const char *bytes, size_t count) {
        size_t before = connection->in_length;
        char *copy = NULL;

        if (count > before && !user_take_bytes(connection->user, count - before))
                return false;
        if (count < before)
                user_give_bytes(connection->user, before - count);
        connection->in_length = count; /* also on failure: connection_release() gives these bytes back */
        if (count > 0) {
                copy = malloc(count);
                if (!copy) {
                        connection_fail(connection, ENOMEM);
                        return false;
                }
                memcpy(copy, bytes, count);
        }
        free(connection->in);
        connection->in = copy;
        return true;
}

static struct json_writer *begin(struct connection *connection) {
        struct shared *shared = connection->shared;

        shared->writer = JSON_WRITER(shared->out, sizeof(shared->out));
        return &shared->writer;
}

struct json_writer *connection_reply(struct connection *connection) {
        struct json_writer *w = begin(connection);

        reply_begin(w);
        return w;
}

struct json_writer *connection_error(struct connection *connection, const char *name) {
        struct json_writer *w = begin(connection);

        reply_error_begin(w, name);
        return w;
}

#define SMALL_REPLY 2048 /* bytes; a reply to Query has a tenth of it */

/*
 * The kernel keeps up to 200 KiB of unread replies for each connection, and charges them to us. One small reply cannot
 * fill that. So the limit is set with the second reply, and a connection for one query saves the system call.
 */
static void bound_kernel_buffer(struct connection *connection, size_t length) {
        if (!connection->started && length <= SMALL_REPLY) {
                connection->started = true;
                return;
        }
        if (connection->bounded)
                return;
        setsockopt(connection->fd, SOL_SOCKET, SO_SNDBUF, &(int){ CONNECTION_SNDBUF }, sizeof(int));
        connection->bounded = true;
}

/* Not ENOMEM or ENOBUFS: no event would tell us when to try again. */
static bool try_later(int error) {
        return error == EAGAIN || error == EINTR;
}

/* Appends the unsent end of a reply to connection->out. */
static bool keep_output(struct connection *connection, const char *bytes, size_t count) {
        char *out;

        if (!user_take_bytes(connection->user, count))
                return false;
        out = realloc(connection->out, connection->out_length + count);
        if (!out) {
                user_give_bytes(connection->user, count);
                connection_fail(connection, ENOMEM);
                return false;
        }
        memcpy(out + connection->out_length, bytes, count);
        connection->out = out;
        connection->out_length += count;
        return true;
}

void connection_send(struct connection *connection, bool continues) {
        struct json_writer *w = &connection->shared->writer;
        ssize_t sent = 0;
        size_t length;

        reply_end(w, continues);
        length = json_finish(w);
        if (length == 0) {
                log_line(LOG_ERR, "A reply did not fit into %d bytes; its connection is closed", REPLY_MAX);
                connection->broken = true;
        }
        if (connection->broken || connection->oneway)
                return;

        bound_kernel_buffer(connection, length);
        if (connection->out_length == 0) {
                sent = send(connection->fd, w->data, length, MSG_NOSIGNAL | MSG_DONTWAIT);
                if (sent < 0 && !try_later(errno)) {
                        connection_fail(connection, errno);
                        return;
                }
                if (sent < 0)
                        sent = 0;
        }
        if ((size_t)sent < length && !keep_output(connection, w->data + sent, length - (size_t)sent))
                connection->broken = true;
}

void connection_send_error(struct connection *connection, const char *name, const char *key, const char *value) {
        struct json_writer *w = connection_error(connection, name);

        if (key)
                json_string(w, key, value);
        connection_send(connection, false);
}

void connection_refuse(struct connection *connection) {
        connection->broken = true;
}

void connection_finish(struct connection *connection) {
        connection->broken |= connection->out_length == 0;
}

void connection_stream_begin(struct connection *connection, struct stream stream) {
        connection->stream = stream;
}

void connection_stream_end(struct connection *connection) {
        struct stream stream = connection->stream;

        connection->stream = (struct stream){ 0 };
        if (stream.end)
                stream.end(connection, stream.data);
}

void connection_flush(struct connection *connection) {
        while (connection->out_sent < connection->out_length) {
                ssize_t sent = send(connection->fd, connection->out + connection->out_sent,
                                    connection->out_length - connection->out_sent, MSG_NOSIGNAL | MSG_DONTWAIT);

                if (sent < 0) {
                        if (!try_later(errno))
                                connection_fail(connection, errno);
                        return;
                }
                connection->out_sent += (size_t)sent;
                connection->flushed = true;
        }
        user_give_bytes(connection->user, connection->out_length);
        free(connection->out);
        connection->out = NULL;
        connection->out_length = connection->out_sent = 0;
}

static bool holds_call(const char *bytes, size_t length) {
        return length > 0 && memchr(bytes, '\0', length);
}

static ssize_t receive_bytes(struct connection *connection, char *buffer, size_t size) {
        const struct connection_hooks *hooks = connection->shared->hooks;
        ssize_t count;

        do
                count = hooks ? hooks->receive(connection, connection->shared->context, buffer, size)
                              : recv(connection->fd, buffer, size, MSG_DONTWAIT);
        while (count < 0 && errno == EINTR);
        return count;
}

enum after_turn connection_receive(struct connection *connection) {
        struct shared *shared = connection->shared;
        size_t kept = connection->in_length;
        ssize_t count;

        if (kept > 0)
                memcpy(shared->in, connection->in, kept);
        shared->in_length = kept;
        shared->in_at = 0;
        if (holds_call(shared->in, kept))
                return AFTER_TURN_AGAIN;
        if (connection->drained && !connection->ending)
                return AFTER_TURN_WAIT;
        count = receive_bytes(connection, shared->in + kept, sizeof(shared->in) - kept);
        if (count > 0) {
                shared->in_length += (size_t)count;
                return AFTER_TURN_AGAIN;
        }
        /* Edge-triggered: only EAGAIN means that the queue is empty. With descriptors sent, a short read does not. */
        if (count < 0 && errno == EAGAIN) {
                connection->drained = true;
                return AFTER_TURN_WAIT;
        }
        if (count < 0 && !connection->broken)
                connection_fail(connection, errno);
        /* A peer that only stopped sending still reads its replies. */
        return connection->out_length > 0 && !connection->gone ? AFTER_TURN_WAIT : AFTER_TURN_CLOSE;
}

bool connection_takes_calls(const struct connection *connection) {
        if (connection->broken || connection->stream.end)
                return false;
        return connection->out_length == 0 ||
               (connection->out_length <= REPLIES_KEPT_MAX && user_has_room(connection->user));
}

bool connection_next_call(struct connection *connection, struct call *ret) {
        struct shared *shared = connection->shared;
        const char *frame = shared->in + shared->in_at, *end;

        if (!connection_takes_calls(connection))
                return false;
        end = memchr(frame, '\0', shared->in_length - shared->in_at);
        if (!end)
                return false;
        shared->in_at = (size_t)(end - shared->in) + 1;
        if (call_parse(frame, (size_t)(end - frame), &shared->parameters, shared->strings, ret) < 0) {
                connection->broken = true;
                return false;
        }
        connection->oneway = ret->oneway;
        connection->answered = true;
        return true;
}

enum after_turn connection_keep_rest(struct connection *connection) {
        const struct shared *shared = connection->shared;
        size_t rest = shared->in_length - shared->in_at;

        if (rest > FRAME_MAX)
                return AFTER_TURN_CLOSE;
        if ((shared->in_at > 0 || rest > connection->in_length) &&
            !keep_input(connection, shared->in + shared->in_at, rest))
                return AFTER_TURN_CLOSE;
        return AFTER_TURN_AGAIN; /* the next turn reads on, or finds out what the replies wait for */
}

enum deadline connection_waits_for(const struct connection *connection) {
        if (connection->out_length > 0)
                return DEADLINE_READING;
        if (connection->stream.end)
                return DEADLINE_NONE;
        return connection->in_length > 0 ? DEADLINE_MESSAGE : DEADLINE_IDLE;
}

void connection_release(struct connection *connection) {
        const struct connection_hooks *hooks = connection->shared->hooks;

        connection_stream_end(connection);
        if (hooks)
                hooks->release(connection);
        user_give_bytes(connection->user, connection->in_length + connection->out_length);
        free(connection->in);
        free(connection->out);
        close(connection->fd);
}
