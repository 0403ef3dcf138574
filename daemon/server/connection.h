/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One client's connection: bytes in, calls out of them, replies back. No function here waits. The server (server.h)
 * decides when a connection has its turn, and dispatch.h answers its calls.
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
#define CONNECTION_SNDBUF (8 * 1024)   /* bytes of unread replies that the kernel keeps */
#define REPLIES_KEPT_MAX  (32 * 1024)  /* bytes of unread replies that we keep, before we stop reading calls */

#define PARAMETERS_MAX 8 /* of an interface, that every call is searched for */

struct connection;
struct server;

/* For a service that checks who sends each byte. A hook may end the connection with connection_refuse(). */
struct connection_hooks {
        void (*admit)(struct connection *connection, void *context); /* before the first byte is read */
        ssize_t (*receive)(struct connection *connection, void *context, void *buffer, size_t size); /* as recv(2) */
        void (*release)(struct connection *connection); /* before the connection is closed */
};

/* What all connections of a server share. The buffers serve one connection at a time. */
struct shared {
        const struct connection_hooks *hooks; /* NULL: none */
        void *context;                        /* for the hooks */
        struct json_wanted parameters;        /* those of the interface; the values are of the call that is served */
        struct json_writer writer;            /* of the reply that is being made, into OUT */
        size_t in_length, in_at;              /* bytes in IN, and how many of them have been served */
        char in[FRAME_MAX + 1];
        struct json_value values[PARAMETERS_MAX];
        char strings[FRAME_MAX]; /* of the call that is being served */
        char out[REPLY_MAX];
};

/*
 * The replies to a call that has more than one, or whose reply comes later. While a stream is open, the connection's
 * next call has to wait.
 */
struct stream {
        /*
         * Called when a reply can be sent: sends one and returns true, or has none and returns false. server_wake()
         * makes the server call it again. NULL: the reply is sent from elsewhere.
         */
        bool (*send_next)(struct connection *connection, void *data);
        void (*end)(struct connection *connection, void *data); /* called once: stream or connection ends; not NULL */
        void *data;
};

/* What a connection waits for; the server limits the time. */
enum deadline {
        DEADLINE_NONE,    /* nothing that has a limit: it waits for us, or belongs to root */
        DEADLINE_IDLE,    /* the next call */
        DEADLINE_MESSAGE, /* the end of a call */
        DEADLINE_READING, /* the peer to read its replies */
        DEADLINE_COUNT,
};

struct connection {
        struct server *server; /* for server_wake() */
        struct shared *shared;
        struct user *user;
        int fd;
        pid_t pid; /* of the process that called connect(), says the kernel; user has its uid */
        gid_t gid;

        char *in; /* received: calls whose turn has not come, and the beginning of the next one */
        size_t in_length;
        char *out; /* replies that did not fit into the kernel's buffer */
        size_t out_length, out_sent;

        struct stream stream;
        void *data;       /* belongs to the hooks */
        bool oneway;      /* the call that is being answered wants no reply */
        bool started;     /* a call was answered */
        bool bounded;     /* CONNECTION_SNDBUF is set */
        bool broken;      /* close it: nothing more is sent or read */
        int error;        /* of the system call or allocation that broke it, for the log; 0: none has failed */
        bool ending;      /* the peer has stopped sending: read until the end, epoll will not report it again */
        bool gone;        /* the peer reads no more replies */
        bool drained;     /* nothing to read before epoll reports it */
        bool flushed;     /* in this turn, the peer has made room for replies */
        bool answered;    /* in this turn, a call was answered */
        bool queued;      /* in user->ready */
        uint32_t watched; /* events that epoll watches for; 0: not in the epoll set */

        enum deadline deadline;
        uint64_t deadline_usec;
        TAILQ_ENTRY(connection) in_deadlines, in_ready;
};

/* What a connection needs after its turn. */
enum after_turn {
        AFTER_TURN_AGAIN, /* another turn */
        AFTER_TURN_WAIT,  /* an event: of the kernel, or of its stream */
        AFTER_TURN_CLOSE, /* to be closed */
};

/* Sends replies that the kernel had no room for. */
void connection_flush(struct connection *connection);

/* Whether the next call may be served: no stream is open, and the peer reads its replies. */
bool connection_takes_calls(const struct connection *connection);

/*
 * Receives what the peer has sent, unless a whole call is left over from the last turn. Returns AFTER_TURN_AGAIN if
 * something is there. Then connection_next_call() takes the calls, and connection_keep_rest() must follow.
 */
enum after_turn connection_receive(struct connection *connection);

/*
 * Takes the next call from what was received. Returns false if there is no whole call, or if it must wait. *RET lies in
 * the shared buffers, and is valid until the next call of this function for any connection.
 */
bool connection_next_call(struct connection *connection, struct call *ret);

/* Keeps what was received and not taken for the next turn. */
enum after_turn connection_keep_rest(struct connection *connection);

/* What CONNECTION waits for after its turn. */
enum deadline connection_waits_for(const struct connection *connection);

/* Ends the stream, frees what CONNECTION holds, and closes it. CONNECTION itself is the caller's. */
void connection_release(struct connection *connection);

/*
 * A reply to the call that is being served, or of the open stream. connection_reply() or connection_error() begins it,
 * the method adds parameters to the writer, connection_send() sends it. CONTINUES: another reply follows. A reply
 * longer than REPLY_MAX is a fault of the method: it is logged, and the connection ends.
 */
struct json_writer *connection_reply(struct connection *connection);
struct json_writer *connection_error(struct connection *connection, const char *name);
void connection_send(struct connection *connection, bool continues);

/* Sends error NAME with one parameter (KEY is NULL: none), whose value is a string. */
void connection_send_error(struct connection *connection, const char *name, const char *key, const char *value);

/*
 * Ends the connection after this turn; nothing more is read or sent. A hook that sends an error before this refuses a
 * caller whose call was not read yet.
 */
void connection_refuse(struct connection *connection);

/* Ends the connection after this turn because of ERROR, an errno. The log gets it, unless the peer has hung up. */
void connection_fail(struct connection *connection, int error);

/* The peer makes no other call: ends the connection after this turn, unless replies wait for the peer to read them. */
void connection_finish(struct connection *connection);

void connection_stream_begin(struct connection *connection, struct stream stream);
void connection_stream_end(struct connection *connection);

#endif
