/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A request of a caller. The server, the workers and the caller's process are real. The test says what a worker does
 * and what polkit answers.
 */
#ifndef AUDITFAIL_REQUEST_SCENE_H
#define AUDITFAIL_REQUEST_SCENE_H

#include <criterion/criterion.h>

#include "daemon/controld/admission.h"
#include "daemon/controld/worker.h"
#include "protocol/clock.h"

#define SECOND   1000000ULL
#define PATIENCE (20 * SECOND)

/* The daemon, its caller, and what is at stake. */
extern struct scene {
        struct controld controld;
        sd_event *world; /* the loop of polkit: what happens there wakes no other source of the daemon's loop */
        char folder[32], path[64], bus[64];
        int listening;
        int connection; /* the caller's */
        int go_on[2];   /* a worker takes a byte from it before each of its messages */
        char heard[65536];
        size_t heard_length;

        struct identity identity; /* of the caller, whose process is a child of the test */
        pid_t caller;
} scene;

void scene_start(void);
void scene_end(void);

void connect_caller(void);
void end_caller(void);

/* One round of the server; keeps what the caller is told. */
void round_of_server(void);

#define until(condition)                                                                                               \
        do {                                                                                                           \
                uint64_t until_end = monotonic_usec() + PATIENCE;                                                      \
                while (!(condition)) {                                                                                 \
                        cr_assert_lt(monotonic_usec(), until_end, "it never came to be: %s", #condition);              \
                        round_of_server();                                                                             \
                }                                                                                                      \
        } while (0)

/* Whether the caller was told TEXT, and the number of replies. */
bool heard(const char *text);
size_t replies(void);

/* The number of open connections. */
size_t connections(void);

/*
 * The caller calls METHOD, closes its connection, or its sending side. "Root", "Alice" and "AtOnce" stop auditd. After
 * the time of a "Restart", its worker goes on.
 */
void say(const char *method);
void hang_up(void);
void send_no_more(void);

/* Lets the worker send its next message. */
void go_on(void);

/* Kills the worker in place of its next message. */
void kill_worker(void);

/* The operation, the reason and the request of the last recorded refusal, once. */
const char *refused(void);

/* Brings a request of METHOD to the MOMENTth message of its worker; polkit lets alice. */
void bring_to(const char *method, int moment);

/* Waits until polkit is asked about alice's stop. */
void await_polkit(void);

/* Expects that nothing is left of the request, and that another one can be made. */
void expect_nothing_left(void);

#endif
