/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditctl/interruption.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

static sigset_t before; /* the signals that were blocked before interruption_open() */

int interruption_open(void) {
        static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
        sigset_t signals;

        sigemptyset(&signals);
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
                struct sigaction action;
                /* A blocked signal stays pending even if it is ignored. */
                if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
                        sigaddset(&signals, numbers[i]);
        }
        if (sigprocmask(SIG_BLOCK, &signals, &before) < 0)
                return -errno;
        int fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
        return fd < 0 ? -errno : fd;
}

bool interruption_take(int fd) {
        struct signalfd_siginfo signal;

        return read(fd, &signal, sizeof(signal)) == (ssize_t)sizeof(signal);
}

void interruption_undo(void) {
        sigprocmask(SIG_SETMASK, &before, NULL);
}
