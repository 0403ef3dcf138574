/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Puppets: processes that do one thing at a time, when the test tells them, and answer when it is done. So everything
 * happens in the order in which it is written in the test.
 *
 *      struct puppet puppet = puppet_new(0);
 *
 *      puppet_tell(puppet, CONNECT, .text = "/run/socket");
 *      puppet_say(puppet, "hello");
 *      puppet_end(puppet, true);
 *
 * A puppet ends when its line is closed, at the latest when the test ends.
 */
#ifndef AUDITFAIL_PUPPET_H
#define AUDITFAIL_PUPPET_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

enum verb {
        CONNECT,  /* to the socket text */
        SAY,      /* text, over the connection, with claim and the descriptor, where there are any */
        TAKE,     /* the descriptor as its connection */
        GIVE,     /* its connection to the test */
        FORK,     /* a puppet that has everything that this one has; the descriptor is its line */
        USERS,    /* to be: real, effective, saved */
        GROUPS,   /* likewise */
        NAME,     /* to call itself text */
        TERMINAL, /* to have one, of the number that it answers */
};

struct order {
        enum verb verb;
        char text[108];
        bool claims;
        struct ucred claim;
        unsigned ids[3];
};

struct puppet {
        pid_t pid; /* a negative errno: it could not be made */
        int line;  /* orders and answers */
};

/* A new puppet, with the pid WANTED where that is not 0. */
struct puppet puppet_new(pid_t wanted);

/* Another puppet that has PUPPET's connection: PUPPET forks it, or passes the connection to it. */
struct puppet puppet_second(struct puppet puppet, bool by_fork);

/*
 * Gives ORDER, with DESCRIPTOR (-1: none), and waits until it is done. Returns the result: 0 or more, or a negative
 * errno. *RET_DESCRIPTOR is the caller's, or -1.
 */
int puppet_order(struct puppet puppet, struct order order, int descriptor, int *ret_descriptor);

#define puppet_tell(puppet, what, ...)                                                                                 \
        puppet_order((puppet), (struct order){ .verb = (what), __VA_ARGS__ }, -1, &(int){ -1 })

/* Sends TEXT over PUPPET's connection. Returns 0 or a negative errno. */
int puppet_say(struct puppet puppet, const char *text);

/* Ends PUPPET, a child of the test, and waits for its end. REAPED: its pid is free afterwards. */
void puppet_end(struct puppet puppet, bool reaped);

#endif
