/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* However the other side behaves, the call is over when its time is. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "protocol/cleanup.h"
#include "tests/client/libauditfail/stub_harness.h"

#define TIMEOUT_MS   300
#define TOLERATED_MS 3000 /* a busy machine may be this late; one that waits for ever is later */

/*
 * Asks with a limit of TIMEOUT_MS, and checks that the answer comes in time, and why. What is not waited for has more
 * of it, so that a busy machine does not make it late.
 */
static void ask_in_time(int cause) {
        unsigned limit = cause == ETIMEDOUT ? TIMEOUT_MS : TOLERATED_MS;
        struct auditfail_answer answer;
        int64_t start = now_ms();

        check(auditfail_ask(&(struct auditfail_question){ .timeout_ms = limit }, &answer) == AUDITFAIL_TERMINATE);
        check(now_ms() - start < TIMEOUT_MS + TOLERATED_MS);
        check(answer.via == AUDITFAIL_VIA_BUILTIN);
        check(answer.cause == cause);
        if (cause == ETIMEDOUT)
                check(now_ms() - start >= TIMEOUT_MS - 10); /* the daemon had all the time that it was promised */
}

static void wait_for_hang_up(int connection) {
        struct pollfd peer = { .fd = connection }; /* for POLLHUP: closed, and not just done with asking */

        poll(&peer, 1, -1);
}

static void say_nothing(int connection) {
        wait_for_hang_up(connection);
}

static void never_read(int connection) {
        send(connection, "{\"parameters\":", 14, MSG_NOSIGNAL);
        wait_for_hang_up(connection);
}

static void dribble(int connection) {
        struct pollfd peer = { .fd = connection };

        do
                send(connection, " ", 1, MSG_NOSIGNAL);
        while (poll(&peer, 1, 50) == 0);
}

static void send_noise(int connection) {
        char noise[1000];

        memset(noise, 0xa5, sizeof(noise) - 1);
        noise[sizeof(noise) - 1] = '\0';
        send(connection, noise, sizeof(noise), MSG_NOSIGNAL);
        wait_for_hang_up(connection);
}

static void send_megabyte(int connection) {
        cleanup(cleanup_free) char *spaces = malloc(1 << 20);

        check(spaces);
        memset(spaces, ' ', 1 << 20);
        for (size_t sent = 0; sent < 1 << 20;) {
                ssize_t bytes = send(connection, spaces + sent, (1 << 20) - sent, MSG_NOSIGNAL);
                if (bytes < 0)
                        return;
                sent += (size_t)bytes;
        }
}

static void reply_late(int connection) {
        poll(NULL, 0, TIMEOUT_MS / 2);
        reply_ignore(connection);
}

static void a_server_that_says_nothing(const char *folder) {
        serve(folder, say_nothing);
        ask_in_time(ETIMEDOUT);
}

static void a_server_that_does_not_read(const char *folder) {
        serve(folder, never_read);
        ask_in_time(ETIMEDOUT);
}

static void a_server_that_dribbles(const char *folder) {
        serve(folder, dribble);
        ask_in_time(ETIMEDOUT);
}

static void a_server_that_sends_garbage(const char *folder) {
        serve(folder, send_noise);
        ask_in_time(EBADMSG);
}

static void a_server_that_sends_a_megabyte(const char *folder) {
        serve(folder, send_megabyte);
        ask_in_time(EBADMSG);
}

static void a_server_that_does_not_accept(const char *folder) {
        int listener = listen_in(folder, 8);

        ask_in_time(ETIMEDOUT);
        close(listener);
}

static void fill_backlog(const char *folder) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd, r;

        strcpy(stpcpy(address.sun_path, folder), "/io.auditfail.Policy");
        do {
                fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
                r = connect(fd, (struct sockaddr *)&address, sizeof(address));
        } while (r == 0);
        check(errno == EAGAIN);
}

static void a_full_backlog(const char *folder) {
        int listener = listen_in(folder, 0);

        fill_backlog(folder);
        ask_in_time(ETIMEDOUT);
        close(listener);
}

static void the_default_limit_is_a_second(const char *folder) {
        int64_t start = now_ms();

        serve(folder, say_nothing);
        check(audit_failure_action("passwd") == AUDITFAIL_TERMINATE);
        check(now_ms() - start >= 990);
        check(now_ms() - start < 1000 + TOLERATED_MS);
}

static void count_signal(int signal_number) {
        (void)signal_number;
}

/* A signal every millisecond, whose handler does not restart system calls. */
static void start_storm(void) {
        struct sigaction action = { .sa_handler = count_signal };
        struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
        struct itimerspec often = { .it_interval.tv_nsec = 1000000, .it_value.tv_nsec = 1000000 };
        timer_t timer;

        check(sigaction(SIGUSR1, &action, NULL) == 0);
        check(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
        check(timer_settime(timer, 0, &often, NULL) == 0);
}

static void signals_do_not_end_the_wait(const char *folder) {
        struct auditfail_answer answer;

        serve(folder, reply_late);
        start_storm();
        auditfail_ask(&(struct auditfail_question){ .timeout_ms = 20000 }, &answer);
        check(answer.via == AUDITFAIL_VIA_DAEMON);
}

static void signals_do_not_prolong_the_wait(const char *folder) {
        serve(folder, say_nothing);
        start_storm();
        ask_in_time(ETIMEDOUT);
}

static void signals_do_not_prolong_the_wait_for_the_backlog(const char *folder) {
        int listener = listen_in(folder, 0);

        fill_backlog(folder);
        start_storm();
        ask_in_time(ETIMEDOUT);
        close(listener);
}

int main(int argc, char **argv) {
        static const struct promise promises[] = {
                { "a server that accepts and says nothing is not waited for", a_server_that_says_nothing },
                { "a server that does not read is not waited for", a_server_that_does_not_read },
                { "a server that dribbles is not waited for", a_server_that_dribbles },
                { "a server that sends garbage is not waited for", a_server_that_sends_garbage },
                { "a server that sends a megabyte is not listened to", a_server_that_sends_a_megabyte },
                { "a server that never accepts is not waited for", a_server_that_does_not_accept },
                { "a full backlog is not waited for", a_full_backlog },
                { "the limit is a second where none is given", the_default_limit_is_a_second },
                { "signals do not end the wait", signals_do_not_end_the_wait },
                { "signals do not prolong the wait for a reply", signals_do_not_prolong_the_wait },
                { "signals do not prolong the wait for a backlog", signals_do_not_prolong_the_wait_for_the_backlog },
        };

        return run_promises(argc, argv, promises, sizeof(promises) / sizeof(promises[0]));
}
