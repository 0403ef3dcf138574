/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One caller's connection: bytes in, calls out of them, replies back, all without ever waiting. The server (server.h)
 * says when; a service (dispatch.h) answers.
 */
#ifndef AUDITFAIL_CONNECTION_H
#define AUDITFAIL_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "daemon/server/user.h"
#include "protocol/json/json_writer.h"
#include "protocol/varlink/call.h"

#define REPLY_MAX         (128 * 1024) /* bytes of one reply */
#define CALLS_AT_ONCE     16           /* calls of one connection that are answered before others have their turn */
#define CONNECTION_SNDBUF (8 * 1024)   /* what the kernel keeps of replies that a caller does not read */
#define REPLIES_KEPT_MAX  (32 * 1024)  /* bytes of such replies that we keep, before we look at no more of its calls */

struct server;
struct service;
struct connection;

/* Memory that connections share, since only one is served at a time. */
struct scratch {
        struct json_writer writer;
        char in[FRAME_MAX + 1];
        char strings[FRAME_MAX]; /* of the call being served */
        char out[REPLY_MAX];
};

/* Why a connection is watched by the clock. */
enum deadline {
        DEADLINE_NONE,    /* it may take its time: waits for us, or is root's */
        DEADLINE_IDLE,    /* it has nothing to say */
        DEADLINE_MESSAGE, /* it has begun a call and not ended it */
        DEADLINE_READING, /* it does not read its replies, or not fast enough for the kernel's buffer */
        DEADLINE_COUNT,
};

/*
 * A call whose replies come later, or more than one. While a stream is open, no other call of the connection is looked
 * at. STEP is called when a reply can be sent: it sends one and returns true, or returns false when there is none now
 * (server_wake() asks again). END is called once, when the stream or the connection ends.
 */
struct stream {
        bool (*step)(struct connection *connection, void *data);
        void (*end)(struct connection *connection, void *data);
        void *data;
};

struct connection {
        struct server *server;
        struct user *user;
        int fd;
        pid_t pid; /* with the uid in user: who called connect(), says the kernel */
        gid_t gid;

        char *in; /* what has come of a call that is not whole, or of calls whose turn has not come */
        size_t in_length;
        char *out; /* of replies, what the kernel's buffer did not take */
        size_t out_length, out_sent;

        struct stream stream;
        void *data;       /* of the service's gate */
        bool oneway;      /* of the call being answered: no reply is sent */
        bool started;     /* a call was answered */
        bool bounded;     /* CONNECTION_SNDBUF is set */
        bool broken;      /* to be closed; nothing more is sent or read */
        bool ending;      /* the peer will send no more: read on until the end, whatever epoll says */
        bool gone;        /* nobody will read a reply */
        bool drained;     /* nothing to read until epoll says so again */
        bool queued;      /* in user->ready */
        uint32_t watched; /* for these events by epoll; 0: not yet */

        enum deadline deadline;
        uint64_t deadline_usec;
        TAILQ_ENTRY(connection) in_deadlines, in_ready;
};

enum progress {
        PROGRESS_MORE,  /* there is more to do at once */
        PROGRESS_WAIT,  /* nothing to do until the kernel or a stream says so */
        PROGRESS_CLOSE, /* this connection is over */
};

/* Does what there is to do for CONNECTION, up to CALLS_AT_ONCE calls, and sets its deadline to what it waits for. */
enum progress connection_serve(struct connection *connection, const struct service *service, struct scratch *scratch);

/* Frees what CONNECTION holds, its user's share included, and closes it. */
void connection_release(struct connection *connection, const struct service *service);

/*
 * A reply of the method being served or of the open stream: connection_reply() or connection_error() begin it, the
 * caller adds parameters to the writer, connection_send() sends it. CONTINUES: another one follows. A reply that does
 * not fit REPLY_MAX is our fault: it is logged, and the connection ends.
 */
struct json_writer *connection_reply(struct connection *connection);
struct json_writer *connection_error(struct connection *connection, const char *name);
void connection_send(struct connection *connection, bool continues);

/*
 * Nothing more is read from CONNECTION or sent to it; it is closed when its turn ends. For a gate, after an error that
 * says why: whoever is refused before its call was read gets that error in answer to it.
 */
void connection_refuse(struct connection *connection);

void connection_stream_begin(struct connection *connection, struct stream stream);
void connection_stream_end(struct connection *connection);

#endif
