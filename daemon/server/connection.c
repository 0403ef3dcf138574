/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/server/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/common/log.h"
#include "daemon/server/dispatch.h"
#include "daemon/server/server.h"

/* Keeps BYTES of calls that are not served yet instead of what was kept before. Returns false if there is no room. */
static bool keep_input(struct connection *connection, const char *bytes, size_t count) {
        size_t before = connection->in_length;
        char *copy = NULL;

        if (count > before && !user_take_bytes(connection->user, count - before))
                return false;
        if (count < before)
                user_give_bytes(connection->user, before - count);
        connection->in_length = count; /* what the user has been charged with, whatever comes of it */
        if (count > 0) {
                copy = malloc(count);
                if (!copy)
                        return false;
                memcpy(copy, bytes, count);
        }
        free(connection->in);
        connection->in = copy;
        return true;
}

struct json_writer *connection_reply(struct connection *connection) {
        struct scratch *scratch = server_scratch(connection->server);

        scratch->writer = JSON_WRITER(scratch->out, sizeof(scratch->out));
        reply_begin(&scratch->writer);
        return &scratch->writer;
}

struct json_writer *connection_error(struct connection *connection, const char *name) {
        struct scratch *scratch = server_scratch(connection->server);

        scratch->writer = JSON_WRITER(scratch->out, sizeof(scratch->out));
        reply_error_begin(&scratch->writer, name);
        return &scratch->writer;
}

#define SMALL_REPLY 2048 /* bytes; Query's are a tenth of it */

/*
 * The kernel keeps up to 200 KiB of unread replies for each connection, and charges them to us. One reply cannot fill
 * that, so the limit is set only when a second one follows: a query by itself does not pay for it.
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

/* Out of memory is no reason to: nothing would wake us when there is some. */
static bool try_later(int error) {
        return error == EAGAIN || error == EINTR;
}

/* Keeps the end of a reply behind what is kept of earlier ones. */
static bool keep_output(struct connection *connection, const char *bytes, size_t count) {
        char *out;

        if (!user_take_bytes(connection->user, count))
                return false;
        out = realloc(connection->out, connection->out_length + count);
        if (!out) {
                user_give_bytes(connection->user, count);
                return false;
        }
        memcpy(out + connection->out_length, bytes, count);
        connection->out = out;
        connection->out_length += count;
        return true;
}

void connection_send(struct connection *connection, bool continues) {
        struct json_writer *w = &server_scratch(connection->server)->writer;
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
                        connection->broken = true;
                        return;
                }
                if (sent < 0)
                        sent = 0;
        }
        if ((size_t)sent < length && !keep_output(connection, w->data + sent, length - (size_t)sent))
                connection->broken = true;
}

void connection_refuse(struct connection *connection) {
        connection->broken = true;
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

/* Sends on what the kernel did not take before. Returns whether it took any of it now. */
static bool flush(struct connection *connection) {
        size_t before = connection->out_sent;

        while (connection->out_sent < connection->out_length) {
                ssize_t sent = send(connection->fd, connection->out + connection->out_sent,
                                    connection->out_length - connection->out_sent, MSG_NOSIGNAL | MSG_DONTWAIT);

                if (sent < 0) {
                        connection->broken = !try_later(errno);
                        return connection->out_sent > before;
                }
                connection->out_sent += (size_t)sent;
        }
        user_give_bytes(connection->user, connection->out_length);
        free(connection->out);
        connection->out = NULL;
        connection->out_length = connection->out_sent = 0;
        return true;
}

static void serve_frame(struct connection *connection, const struct service *service, struct scratch *scratch,
                        const char *frame, size_t length) {
        struct call call;

        if (call_parse(frame, length, scratch->strings, &call) < 0) {
                connection->broken = true;
                return;
        }
        connection->oneway = call.oneway;
        dispatch(service, connection, &call);
}

static bool holds_call(const char *bytes, size_t length) {
        return length > 0 && memchr(bytes, '\0', length);
}

/*
 * Fills scratch->in with what is kept of earlier reads and, if that holds no whole call, with what there is to read.
 * Returns the number of bytes; -EAGAIN when there is nothing new; -ENOTCONN at the end of what the peer sends.
 */
static ssize_t receive(struct connection *connection, const struct service *service, struct scratch *scratch) {
        size_t kept = connection->in_length, room = sizeof(scratch->in) - kept;
        ssize_t count;

        if (kept > 0)
                memcpy(scratch->in, connection->in, kept);
        if (holds_call(scratch->in, kept))
                return (ssize_t)kept;
        if (connection->drained && !connection->ending)
                return -EAGAIN;
        do
                count = service->gate ? service->gate->receive(connection, service, scratch->in + kept, room)
                                      : recv(connection->fd, scratch->in + kept, room, MSG_DONTWAIT);
        while (count < 0 && errno == EINTR);
        /* Edge-triggered: only this says that the queue is empty. A short read does not, where descriptors were sent.
         */
        if (count < 0)
                return errno == EAGAIN ? (connection->drained = true, -EAGAIN) : -ENOTCONN;
        if (count == 0)
                return -ENOTCONN;
        return (ssize_t)kept + count;
}

/* Whether the next call may be looked at: replies come in the order of calls, and nobody makes us keep many of them. */
static bool ready_for_calls(const struct connection *connection) {
        if (connection->broken || connection->stream.step)
                return false;
        return connection->out_length == 0 ||
               (connection->out_length <= REPLIES_KEPT_MAX && user_has_room(connection->user));
}

static enum progress serve_calls(struct connection *connection, const struct service *service, struct scratch *scratch,
                                 bool *ret_answered) {
        ssize_t available = receive(connection, service, scratch);
        size_t at = 0, length;
        const char *end;

        if (available == -EAGAIN)
                return PROGRESS_WAIT;
        if (available < 0) /* no more calls; but who only stopped sending still reads */
                return connection->out_length > 0 && !connection->gone ? PROGRESS_WAIT : PROGRESS_CLOSE;
        length = (size_t)available;
        for (int calls = 0; calls < CALLS_AT_ONCE && ready_for_calls(connection); calls++) {
                end = memchr(scratch->in + at, '\0', length - at);
                if (!end)
                        break;
                serve_frame(connection, service, scratch, scratch->in + at, (size_t)(end - scratch->in) - at);
                at = (size_t)(end - scratch->in) + 1;
        }
        *ret_answered = at > 0;
        if (length - at > FRAME_MAX)
                return PROGRESS_CLOSE;
        if ((at > 0 || length > connection->in_length) && !keep_input(connection, scratch->in + at, length - at))
                return PROGRESS_CLOSE;
        if (!ready_for_calls(connection))
                return PROGRESS_MORE; /* what it waits for is for connection_serve() to find out */
        if (connection->drained && !connection->ending && !holds_call(connection->in, connection->in_length))
                return PROGRESS_WAIT;
        return PROGRESS_MORE;
}

/* What the clock watches for from now on. Its time starts anew with progress: replies that were taken, calls answered.
 */
static void set_deadline(struct connection *connection, bool flushed, bool answered) {
        if (connection->out_length > 0)
                server_deadline(connection, DEADLINE_READING, flushed);
        else if (connection->stream.step)
                server_deadline(connection, DEADLINE_NONE, false);
        else
                server_deadline(connection, connection->in_length > 0 ? DEADLINE_MESSAGE : DEADLINE_IDLE, answered);
}

enum progress connection_serve(struct connection *connection, const struct service *service, struct scratch *scratch) {
        enum progress progress = PROGRESS_WAIT;
        bool flushed = connection->out_length > 0 && flush(connection), answered = false;

        if (connection->stream.step) {
                if (connection->out_length == 0 && connection->stream.step(connection, connection->stream.data))
                        progress = PROGRESS_MORE;
                else if (connection->gone)
                        progress = PROGRESS_CLOSE;
        } else if (ready_for_calls(connection))
                progress = serve_calls(connection, service, scratch, &answered);
        if (connection->broken)
                return PROGRESS_CLOSE;
        set_deadline(connection, flushed, answered);
        return progress;
}

void connection_release(struct connection *connection, const struct service *service) {
        connection_stream_end(connection);
        if (service->gate)
                service->gate->release(connection);
        user_give_bytes(connection->user, connection->in_length + connection->out_length);
        free(connection->in);
        free(connection->out);
        close(connection->fd);
}
