/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/cleanup.h"

/* Closes what the daemon has open: a connection ends only when all copies of its descriptor are closed. */
static _Noreturn void become_child(child_fn *run, const void *data, int channel) {
        const int own = STDERR_FILENO + 1;
        sigset_t none;

        if ((channel != own && dup2(channel, own) < 0) || close_range((unsigned)own + 1, ~0U, 0) < 0)
                _exit(EXIT_FAILURE);
        sigemptyset(&none);
        signal(SIGTERM, SIG_IGN); /* systemd sends it to all processes; the daemon tells its children what to do */
        signal(SIGINT, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
        sigprocmask(SIG_SETMASK, &none, NULL);
        run(data, own);
        _exit(EXIT_SUCCESS);
}

int child_start(child_fn *run, const void *data, int *ret_channel, int *ret_process) {
        int channels[2];

        *ret_channel = *ret_process = -1;
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channels) < 0)
                return -errno;

        cleanup(cleanup_fd) int ours = channels[0], childs = channels[1];
        pid_t pid = fork();

        if (pid < 0)
                return -errno;
        if (pid == 0)
                become_child(run, data, childs);
        *ret_process = pidfd_open(pid, 0);
        if (*ret_process < 0)
                return -errno; /* the child sees the end of its channel */
        *ret_channel = TAKE_FD(ours);
        return 0;
}
