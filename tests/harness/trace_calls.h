/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which system calls a function makes, in their order. */
#ifndef AUDITFAIL_TRACE_CALLS_H
#define AUDITFAIL_TRACE_CALLS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What libc's functions call: newer architectures lack the older calls. */
#ifdef SYS_poll
#define CALL_POLL SYS_poll
#else
#define CALL_POLL SYS_ppoll
#endif
#ifdef SYS_epoll_wait
#define CALL_EPOLL_WAIT SYS_epoll_wait
#else
#define CALL_EPOLL_WAIT SYS_epoll_pwait
#endif

#define TRACE_MARK SYS_getppid /* before and after FUNCTION */

static inline void trace_run(void (*function)(void)) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
                _exit(1);
        raise(SIGSTOP);
        syscall(TRACE_MARK);
        function();
        syscall(TRACE_MARK);
        _exit(0);
}

/*
 * Runs FUNCTION in a child, and sets CALLS to the numbers of the first MAX system calls that it makes. Returns how many
 * it makes; -1 if this machine does not let us trace. clock_gettime() is no system call on most machines: not counted.
 */
static inline int trace_calls(void (*function)(void), long calls[], int max) {
        int status, count = 0, marks = 0;
        pid_t pid = fork();

        if (pid == 0)
                trace_run(function);
        if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
                return -1;
        ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
        while (ptrace(PTRACE_SYSCALL, pid, NULL, 0L) == 0 && waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
                struct __ptrace_syscall_info info;

                if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0)
                        return -1;
                if (info.op != PTRACE_SYSCALL_INFO_ENTRY || (long)info.entry.nr == SYS_clock_gettime)
                        continue;
                if ((long)info.entry.nr == TRACE_MARK)
                        marks++;
                else if (marks == 1 && count++ < max)
                        calls[count - 1] = (long)info.entry.nr;
        }
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? count : -1;
}

#endif
