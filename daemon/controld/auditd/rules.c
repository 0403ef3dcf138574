/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/cleanup.h"
#include "protocol/clock.h"

static char *const augenrules[] = { (char[]){ "/usr/sbin/augenrules" }, (char[]){ "--load" }, NULL };
static char *const auditctl[] = { (char[]){ "/usr/sbin/auditctl" }, (char[]){ "-R" },
                                  (char[]){ "/etc/audit/audit.rules" }, NULL };
static char *const environment[] = { (char[]){ "PATH=/usr/sbin:/usr/bin:/sbin:/bin" }, (char[]){ "LC_ALL=C" }, NULL };

/* In the child: nothing of ours but a place for what it says. */
static _Noreturn void become_tool(char *const *tool, int output) {
        int null = open("/dev/null", O_RDONLY);

        if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
            dup2(output, STDERR_FILENO) < 0 || close_range(STDERR_FILENO + 1, ~0U, 0) < 0)
                _exit(127);
        signal(SIGTERM, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        signal(SIGHUP, SIG_DFL);
        signal(SIGPIPE, SIG_DFL);
        execve(tool[0], tool, environment);
        _exit(127);
}

/* Keeps the end of all that comes from FD. Returns false when it is DEADLINE_USEC before FD ends. */
static bool read_output(int fd, uint64_t deadline_usec, char *output, size_t size) {
        size_t used = 0;

        for (;;) {
                struct pollfd wanted = { .fd = fd, .events = POLLIN };
                uint64_t now = monotonic_usec();
                char bytes[512];
                ssize_t count;
                size_t drop;

                if (now >= deadline_usec || poll(&wanted, 1, (int)((deadline_usec - now) / 1000) + 1) < 0)
                        return false;
                if (!wanted.revents)
                        continue;
                count = read(fd, bytes, sizeof(bytes) < size ? sizeof(bytes) : size - 1);
                if (count <= 0)
                        break;
                drop = used + (size_t)count < size ? 0 : used + (size_t)count - (size - 1);
                memmove(output, output + drop, used - drop);
                used -= drop;
                memcpy(output + used, bytes, (size_t)count);
                used += (size_t)count;
        }
        while (used > 0 && output[used - 1] == '\n')
                used--;
        output[used] = 0;
        return true;
}

/* By pidfd, since the daemon's filter of system calls knows no kill(2). The tool is our child: its pid stays its own.
 */
static void kill_tool(pid_t pid) {
        cleanup(cleanup_fd) int process = pidfd_open(pid, 0);

        if (process >= 0)
                pidfd_send_signal(process, SIGKILL, NULL, 0);
}

bool rules_load(uint64_t deadline_usec, char *output, size_t size) {
        char *const *tool =
                access(augenrules[0], X_OK) == 0 && access("/etc/audit/rules.d", F_OK) == 0 ? augenrules : auditctl;
        int ends[2], status = 0;
        pid_t pid;

        *output = 0;
        if (pipe2(ends, O_CLOEXEC) < 0) {
                snprintf(output, size, "no pipe for %s: %m", tool[0]);
                return false;
        }
        cleanup(cleanup_fd) int reader = ends[0];

        pid = fork();
        if (pid == 0)
                become_tool(tool, ends[1]);
        close(ends[1]);
        if (pid < 0) {
                snprintf(output, size, "%s cannot be started: %m", tool[0]);
                return false;
        }

        bool in_time = read_output(reader, deadline_usec, output, size);

        if (!in_time)
                kill_tool(pid);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                ;
        if (!in_time)
                snprintf(output, size, "%s took too long and was killed", tool[0]);
        else if (status != 0 && !*output)
                snprintf(output, size, "%s ended with %s %d", tool[0], WIFEXITED(status) ? "status" : "signal",
                         WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
        return in_time && status == 0;
}
