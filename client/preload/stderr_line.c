/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/preload/stderr_line.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/*
 * Descriptors that a program is started with have survived exec(), so they are not close-on-exec. Descriptor 2 with
 * that flag is a file that the program has opened after it closed stderr. Writing to it could destroy a database.
 */
static bool is_stderr(void) {
        int flags = fcntl(STDERR_FILENO, F_GETFD);

        return flags >= 0 && !(flags & FD_CLOEXEC);
}

/* Room for PIPE_BUF bytes, and a reader. */
static bool has_room(void) {
        struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };

        return poll(&ready, 1, STDERR_LINE_TIMEOUT_MS) == 1 && ready.revents == POLLOUT;
}

/* If the reader goes away after has_room(), write() raises SIGPIPE: takes it back before signals are unblocked. */
static void write_line(const char *text) {
        char line[STDERR_LINE_MAX + 1];
        sigset_t pending, broken_pipe;
        int length = snprintf(line, sizeof(line), "%s\n", text);

        sigemptyset(&broken_pipe);
        sigaddset(&broken_pipe, SIGPIPE);
        sigpending(&pending);
        if (write(STDERR_FILENO, line, (size_t)length) < 0 && !sigismember(&pending, SIGPIPE))
                sigtimedwait(&broken_pipe, NULL, &(struct timespec){ 0 });
}

void stderr_line(const char *text) {
        sigset_t all, before;

        if (!is_stderr())
                return;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &before);
        if (has_room())
                write_line(text);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
}

bool stderr_line_is_seen(void) {
        return is_stderr() && isatty(STDERR_FILENO);
}
