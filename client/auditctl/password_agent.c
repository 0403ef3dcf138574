/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditctl/password_agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/auditctl/interruption.h"
#include "protocol/cleanup.h"

#define WAIT_MSEC 10000 /* the request goes on without the agent if polkit does not answer */

/* Runs in the child. The agent closes NOTIFY when polkit knows it. */
_Noreturn static void become_agent(pid_t process, int notify) {
        char pid_text[16], notify_text[16];

        interruption_undo();
        signal(SIGPIPE, SIG_DFL);
        /*
         * The agent must end with PROCESS, however that ends. It must not stay at the terminal and ask for passwords.
         */
        if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != process || fcntl(notify, F_SETFD, 0) < 0)
                _exit(EXIT_FAILURE);
        snprintf(pid_text, sizeof(pid_text), "%d", (int)process);
        snprintf(notify_text, sizeof(notify_text), "%d", notify);
        execl(PASSWORD_AGENT, PASSWORD_AGENT, "--process", pid_text, "--notify-fd", notify_text, "--fallback",
              (char *)NULL);
        _exit(EXIT_FAILURE);
}

pid_t password_agent_start(int interruptions) {
        pid_t process = getpid();
        int ends[2];

        if (access(PASSWORD_AGENT, X_OK) < 0 || pipe2(ends, O_CLOEXEC) < 0)
                return 0;
        cleanup(cleanup_fd) int registered = ends[0], notify = ends[1];

        pid_t pid = fork();
        if (pid == 0)
                become_agent(process, notify);
        if (pid < 0)
                return 0;

        close(TAKE_FD(notify));
        struct pollfd entries[] = { { .fd = registered, .events = POLLIN }, { .fd = interruptions, .events = POLLIN } };
        while (poll(entries, 2, WAIT_MSEC) < 0 && errno == EINTR)
                ;
        return pid;
}

void password_agent_stop(pid_t pid) {
        if (pid <= 0)
                return;
        kill(pid, SIGTERM);
        kill(pid, SIGCONT);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                ;
}
