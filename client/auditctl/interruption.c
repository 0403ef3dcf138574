/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditctl/interruption.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };

int interruption_open(void) {
        sigset_t signals;

        sigemptyset(&signals);
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
                struct sigaction action;
                /* A blocked signal stays pending even if it is ignored. */
                if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
                        sigaddset(&signals, numbers[i]);
        }
        if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
                return -errno;
        int fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
        return fd < 0 ? -errno : fd;
}

bool interruption_take(int fd) {
        struct signalfd_siginfo signal;

        return read(fd, &signal, sizeof(signal)) == (ssize_t)sizeof(signal);
}

void interruption_undo(void) {
        sigset_t signals;

        sigemptyset(&signals);
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
                sigaddset(&signals, numbers[i]);
        sigprocmask(SIG_UNBLOCK, &signals, NULL);
}
