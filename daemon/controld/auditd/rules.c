/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/cleanup.h"
#include "protocol/clock.h"

struct tool {
        char path[PATH_MAX], option[8], file[PATH_MAX]; /* file: "" where the tool takes none */
};

static struct tool find_tool(const char *root) {
        struct tool tool = { .option = "--load" };
        char parts[PATH_MAX];

        snprintf(tool.path, sizeof(tool.path), "%s/usr/sbin/augenrules", root);
        snprintf(parts, sizeof(parts), "%s/etc/audit/rules.d", root);
        if (access(tool.path, X_OK) == 0 && access(parts, F_OK) == 0)
                return tool;
        snprintf(tool.path, sizeof(tool.path), "%s/usr/sbin/auditctl", root);
        snprintf(tool.file, sizeof(tool.file), "%s/etc/audit/audit.rules", root);
        strcpy(tool.option, "-R");
        return tool;
}

/* In the child. The tool gets no descriptor of the daemon but OUTPUT. */
static _Noreturn void become_tool(struct tool *tool, int output) {
        static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
        static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGPIPE };
        char *const arguments[] = { tool->path, tool->option, *tool->file ? tool->file : NULL, NULL };
        int null = open("/dev/null", O_RDONLY);

        if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
            dup2(output, STDERR_FILENO) < 0 || close_range(STDERR_FILENO + 1, ~0U, 0) < 0)
                _exit(127);
        for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
                signal(signals[i], SIG_DFL);
        execve(tool->path, arguments, (char *const[]){ path, locale, NULL });
        _exit(127);
}

/* Reads to the end of FD, and keeps what came last. Returns false if DEADLINE_USEC comes first. */
static bool read_output(int fd, uint64_t deadline_usec, char *output, size_t size) {
        struct pollfd wanted = { .fd = fd, .events = POLLIN };
        size_t used = 0;
        ssize_t count;

        do {
                uint64_t now = monotonic_usec();

                if (now >= deadline_usec || poll(&wanted, 1, (int)((deadline_usec - now) / 1000) + 1) <= 0)
                        return false;
                if (used == size - 1) {
                        used = size / 2;
                        memmove(output, output + size - 1 - used, used);
                }
                count = read(fd, output + used, size - 1 - used);
                used += count > 0 ? (size_t)count : 0;
        } while (count > 0);
        while (used > 0 && output[used - 1] == '\n')
                used--;
        output[used] = 0;
        return true;
}

/* By pidfd: the daemon's system call filter does not allow kill(2). The pid of our child cannot be reused. */
static void kill_tool(pid_t pid) {
        cleanup(cleanup_fd) int process = pidfd_open(pid, 0);

        if (process >= 0)
                pidfd_send_signal(process, SIGKILL, NULL, 0);
}

bool rules_load(const char *root, uint64_t deadline_usec, char *output, size_t size) {
        struct tool tool = find_tool(root);
        int ends[2], status = 0;
        pid_t pid;

        *output = 0;
        if (pipe2(ends, O_CLOEXEC) < 0) {
                snprintf(output, size, "no pipe for %s: %m", tool.path);
                return false;
        }
        cleanup(cleanup_fd) int reader = ends[0];

        pid = fork();
        if (pid == 0)
                become_tool(&tool, ends[1]);
        close(ends[1]);
        if (pid < 0) {
                snprintf(output, size, "%s cannot be started: %m", tool.path);
                return false;
        }

        bool in_time = read_output(reader, deadline_usec, output, size);

        if (!in_time)
                kill_tool(pid);
        TEMP_FAILURE_RETRY(waitpid(pid, &status, 0));
        if (!in_time)
                snprintf(output, size, "%s took too long and was killed", tool.path);
        else if (status != 0 && !*output)
                snprintf(output, size, "%s ended with %s %d", tool.path, WIFEXITED(status) ? "status" : "signal",
                         WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
        return in_time && status == 0;
}
