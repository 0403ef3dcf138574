/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of libauditfail's promises, from the outside: each in a separate process and folder, which the library
 * takes for /run/auditfail, with daemons that the test plays itself.
 *
 *      static void answers(const char *folder) {
 *              serve(folder, reply_ignore);
 *              check(audit_failure_action("passwd") == AUDITFAIL_IGNORE);
 *      }
 *      int main(int argc, char **argv) {
 *              static const struct promise promises[] = { { "the daemon's answer counts", answers } };
 *              return run_promises(argc, argv, promises, 1);
 *      }
 */
#ifndef AUDITFAIL_STUB_HARNESS_H
#define AUDITFAIL_STUB_HARNESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "auditfail.h"

struct promise {
        const char *name;
        void (*run)(const char *folder);
};

/* Runs every promise and reports in TAP. Returns main()'s status. */
int run_promises(int argc, char **argv, const struct promise *promises, size_t count);

/* Ends the promise: as broken, or as one that cannot be tested here. Both work with closed standard streams, too. */
_Noreturn void break_promise(const char *file, int line, const char *what);
_Noreturn void skip_promise(const char *why);

#define check(condition) ((condition) ? (void)0 : break_promise(__FILE__, __LINE__, #condition))

/* A listening socket where the daemon's would be in FOLDER. */
int listen_in(const char *folder, int backlog);

/* Plays the daemon in a process that ends with this one. PLAY serves one connection after the other. */
void serve(const char *folder, void (*play)(int connection));

/* A PLAY: reads a request, keeps it for last_request(), and answers from SERVED_FILE, SERVED_LINE. */
void reply_ignore(int connection);
#define SERVED_FILE "/etc/auditfail/served.conf"
#define SERVED_LINE 5

/* What the daemon that serve() played in FOLDER was asked last. */
const char *last_request(const char *folder);

/* Puts a snapshot into FOLDER in which every application has AUDITFAIL_LOG. */
void leave_snapshot(const char *folder);

/* Calls RUN with all that an answer can be reached by: builtin, then from a snapshot, then from a daemon. */
void on_every_way(const char *folder, void (*run)(enum auditfail_via via));

/* How many descriptors this process has open. */
unsigned open_descriptors(void);

int64_t now_ms(void); /* CLOCK_MONOTONIC */

#endif
