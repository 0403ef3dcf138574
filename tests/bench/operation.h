/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The operations that are measured: ours, and those of peers. All ask the same question and get the same answer. Their
 * messages have the same number of bytes as far as the protocols allow.
 *
 * A peer's client and service do the least that its library allows: the arguments and the answer are ready, and nothing
 * is looked up. So a comparison favours the peer.
 */
#ifndef AUDITFAIL_BENCH_OPERATION_H
#define AUDITFAIL_BENCH_OPERATION_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

#include "tests/bench/bench.h"

/* What the stub and the daemon say to each other. */
struct conversation {
        const char *folder; /* has the daemon's socket and the snapshot, and takes the peers' sockets */
        struct message request, reply;
};

/* An operation in use. */
struct side {
        const struct operation *operation;
        const struct conversation *conversation;
        struct sockaddr_un address; /* of the server */
        pid_t server;               /* 0: there is none */
        int fd;                     /* the kept connection */

        /* The operations of our daemon ask for this many applications in turn. */
        unsigned applications, asked;
        struct message request;
        char *number; /* in the request */
};

struct operation {
        const char *name;
        bool talks;                         /* it needs the conversation, so it needs a daemon */
        void (*prepare)(struct side *side); /* starts the server, connects what is kept; may be NULL */
        void (*run)(struct side *side);
};

/*
 * Prepares the operation SPEC, which is NAME, or NAME=FOLDER:APPLICATIONS for an operation of the daemon in FOLDER.
 * Other operations use the folder of CONVERSATION, which must outlive SIDE. The servers end with this process.
 */
void side_prepare(struct side *side, const char *spec, const struct conversation *conversation);

static inline void side_run(struct side *side) {
        side->operation->run(side);
}

/* Whether the operation SPEC needs the conversation. */
bool spec_talks(const char *spec);

/* Whether the operation SPEC asks for several applications. */
bool spec_spreads(const char *spec);

/*
 * Learns what the stub and the daemon in FOLDER say to each other: it stands in the daemon's place for one question.
 * AHEAD: the question is asked ahead, so that the daemon does not report its decision.
 */
void conversation_record(struct conversation *conversation, const char *folder, bool ahead);

#endif
