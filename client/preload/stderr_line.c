/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/preload/stderr_line.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/*
 * What a program was started with has come through exec(), and is not close-on-exec. Descriptor 2 with that flag is a
 * file that the program has opened after stderr was closed: perhaps the very one that must stay as it is.
 */
static bool is_stderr(void) {
        int flags = fcntl(STDERR_FILENO, F_GETFD);

        return flags >= 0 && !(flags & FD_CLOEXEC);
}

/* Room for PIPE_BUF bytes, and a reader. */
static bool is_read(void) {
        struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };

        return poll(&ready, 1, SAY_TIMEOUT_MS) == 1 && ready.revents == POLLOUT;
}

/* A reader that goes away after is_read() leaves a SIGPIPE, which must not be there when signals are let in again. */
static void write_line(const char *text) {
        char line[SAY_MAX + 1];
        sigset_t pending, broken_pipe;
        int length = snprintf(line, sizeof(line), "%s\n", text);

        sigemptyset(&broken_pipe);
        sigaddset(&broken_pipe, SIGPIPE);
        sigpending(&pending);
        if (write(STDERR_FILENO, line, (size_t)length) < 0 && !sigismember(&pending, SIGPIPE))
                sigtimedwait(&broken_pipe, NULL, &(struct timespec){ 0 });
}

void say(const char *text) {
        sigset_t all, before;

        if (!is_stderr())
                return;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &before);
        if (is_read())
                write_line(text);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
}

bool say_is_seen(void) {
        return is_stderr() && isatty(STDERR_FILENO);
}
