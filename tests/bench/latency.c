/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * AUDITFAIL_RUNTIME_DIR=FOLDER bench-latency CASE ROUNDS BATCH [CPU ECHO_CPU]
 *
 * Measures one of our operations and its floor in turn, BATCH of each per round, so that whatever else the machine does
 * falls on both. Prints a line {"ours": [ns, ...], "floor": [ns, ...]} for each round. FOLDER holds the daemon's socket
 * and snapshot, and takes the floor's sockets.
 *
 * It keeps to CPU, and the echo to ECHO_CPU, where they are given: an exchange within one takes half the time.
 *
 *      connect   auditfail_ask() from connect to close      a bare echo that connects
 *      kept      a query on an open connection              a bare echo on an open connection
 *      raw       a query without the stub, with connect     a bare echo that connects
 *      snapshot  auditfail_ask() without a daemon           libaudit's get_auditfail_action()
 */
#include <err.h>
#include <errno.h>
#include <libaudit.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auditfail.h"
#include "tests/bench/bench.h"

#define SOCKET_NAME "io.auditfail.Policy"
#define BATCH_MAX   1000

/* What a program would ask whose audit_log_user_message() was refused. */
static const struct auditfail_question question = {
        .application = "app-00000",
        .operation = "audit_log_user_message",
        .error = EPERM,
};

struct bench {
        const char *folder;
        struct sockaddr_un daemon, echo;
        struct message request, reply; /* of that question, as the stub and the daemon put it */
        int daemon_fd, echo_fd;        /* kept connections */
};

static void ask_via(enum auditfail_via via) {
        struct auditfail_answer answer;

        auditfail_ask(&question, &answer);
        if (answer.via != via)
                errx(1, "the answer came from elsewhere (%d): %s", answer.via, strerror(answer.cause));
}

static void ask_daemon(struct bench *b) {
        (void)b;
        ask_via(AUDITFAIL_VIA_DAEMON);
}

static void ask_snapshot(struct bench *b) {
        (void)b;
        ask_via(AUDITFAIL_VIA_SNAPSHOT);
}

static void ask_libaudit(struct bench *b) {
        auditfail_t action;

        (void)b;
        if (get_auditfail_action(&action) != 0)
                errx(1, "libaudit's get_auditfail_action() failed");
}

static void exchange(int fd, struct bench *b) {
        struct message reply;

        message_send(fd, &b->request);
        if (message_receive(fd, &reply) < 0)
                errx(1, "no reply");
}

static void exchange_connected(const struct sockaddr_un *address, struct bench *b) {
        int fd = socket_connect(address);

        exchange(fd, b);
        close(fd);
}

static void query_connected(struct bench *b) {
        exchange_connected(&b->daemon, b);
}

static void echo_connected(struct bench *b) {
        exchange_connected(&b->echo, b);
}

static void query_kept(struct bench *b) {
        exchange(b->daemon_fd, b);
}

static void echo_kept(struct bench *b) {
        exchange(b->echo_fd, b);
}

/*
 * Stands in the daemon's place for one question, to learn what the stub and the daemon say to each other: so the floor
 * moves as many bytes, and nothing here knows the protocol a second time.
 */
static void conversation_record(struct bench *b) {
        struct sockaddr_un public = b->daemon, aside = socket_address(b->folder, "aside");

        if (rename(public.sun_path, aside.sun_path) < 0)
                err(1, "cannot move %s out of the way", public.sun_path);
        int listener = socket_listen(&public);

        pid_t asker = fork_bound();
        if (asker == 0) {
                ask_via(AUDITFAIL_VIA_DAEMON);
                _exit(0);
        }

        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        int daemon = socket_connect(&aside);
        if (fd < 0 || message_receive(fd, &b->request) < 0)
                errx(1, "the stub asked nothing");
        message_send(daemon, &b->request);
        if (message_receive(daemon, &b->reply) < 0)
                errx(1, "the daemon hung up on the query");
        message_send(fd, &b->reply);

        int status;
        if (waitpid(asker, &status, 0) < 0 || status != 0)
                errx(1, "the stub did not take the daemon's answer");
        close(daemon);
        close(fd);
        close(listener);
        if (rename(aside.sun_path, public.sun_path) < 0)
                err(1, "cannot put %s back", public.sun_path);
}

static void keep_to(const char *cpu) {
        cpu_set_t cpus;

        CPU_ZERO(&cpus);
        CPU_SET(strtoul(cpu, NULL, 10), &cpus);
        if (sched_setaffinity(0, sizeof(cpus), &cpus) < 0)
                err(1, "cannot keep to processor %s", cpu);
}

/* CPUS, where there are any: our own and the echo's, which it inherits from us. */
static void talk_prepare(struct bench *b, bool kept, char *const cpus[]) {
        b->daemon = socket_address(b->folder, SOCKET_NAME);
        b->echo = socket_address(b->folder, "echo");
        conversation_record(b);
        unlink(b->echo.sun_path);
        if (cpus)
                keep_to(cpus[1]);
        echo_start(&b->echo, &b->reply, kept);
        if (cpus)
                keep_to(cpus[0]);
        if (kept) {
                b->daemon_fd = socket_connect(&b->daemon);
                b->echo_fd = socket_connect(&b->echo);
        }
}

struct bench_case {
        const char *name;
        void (*ours)(struct bench *b);
        void (*floor)(struct bench *b);
        bool talks, kept; /* with a daemon; on one connection */
};

static const struct bench_case cases[] = {
        { "connect", ask_daemon, echo_connected, .talks = true },
        { "kept", query_kept, echo_kept, .talks = true, .kept = true },
        { "raw", query_connected, echo_connected, .talks = true },
        { "snapshot", ask_snapshot, ask_libaudit, .talks = false },
};

static const struct bench_case *case_find(const char *name) {
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                if (strcmp(cases[i].name, name) == 0)
                        return &cases[i];
        errx(2, "%s: no such case", name);
}

static void measure(void (*operation)(struct bench *b), struct bench *b, unsigned times[], unsigned batch) {
        uint64_t before = now_ns();

        for (unsigned i = 0; i < batch; i++) {
                operation(b);
                uint64_t after = now_ns();
                times[i] = (unsigned)(after - before);
                before = after;
        }
}

static void print_times(const char *name, const unsigned times[], unsigned batch, const char *end) {
        printf("\"%s\": [", name);
        for (unsigned i = 0; i < batch; i++)
                printf("%s%u", i > 0 ? ", " : "", times[i]);
        printf("]%s", end);
}

int main(int argc, char **argv) {
        static unsigned ours[BATCH_MAX], floor[BATCH_MAX];
        static struct bench b;

        b.folder = getenv("AUDITFAIL_RUNTIME_DIR");
        if ((argc != 4 && argc != 6) || !b.folder)
                errx(2, "usage: AUDITFAIL_RUNTIME_DIR=FOLDER bench-latency CASE ROUNDS BATCH [CPU ECHO_CPU]");
        const struct bench_case *c = case_find(argv[1]);
        unsigned rounds = (unsigned)strtoul(argv[2], NULL, 10), batch = (unsigned)strtoul(argv[3], NULL, 10);
        if (batch < 1 || batch > BATCH_MAX)
                errx(2, "a batch is 1 to %d operations", BATCH_MAX);

        if (c->talks)
                talk_prepare(&b, c->kept, argc == 6 ? argv + 4 : NULL);

        /* The first rounds warm caches and allocators on both sides, and are not counted. */
        unsigned warm_up = rounds / 10 + 1;
        for (unsigned round = 0; round < warm_up + rounds; round++) {
                if (round % 2 == 0) {
                        measure(c->ours, &b, ours, batch);
                        measure(c->floor, &b, floor, batch);
                } else {
                        measure(c->floor, &b, floor, batch);
                        measure(c->ours, &b, ours, batch);
                }
                if (round < warm_up)
                        continue;
                fputs("{", stdout);
                print_times("ours", ours, batch, ", ");
                print_times("floor", floor, batch, "}\n");
        }
        return 0;
}
