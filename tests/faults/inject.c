/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * inject LOG FAULT PROGRAM...: runs PROGRAM so that one of its system calls fails.
 *
 * FAULT is NAME:N:ERRNO: call number N (from 1) of the system call NAME fails with ERRNO, and does nothing else.
 * close() does its work first, as in the kernel. NAME:N:short: that call moves only half of its bytes. "none": no call
 * fails; LOG gets a line for each call, "NAME", or "NAME short" if the call could be cut short. With a fault, LOG gets
 * the line "hit" when it happens.
 *
 * Calls count from PROGRAM's entry point on, so those of the dynamic linker do not. Those of its threads and of its
 * forked children count, too; those of programs that they execute do not.
 *
 * PROGRAM keeps the process id of this program, so that its parent can signal it and read its status. The tracer is an
 * orphan: the end of all its tracees ends it, and its own end ends them.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <libaudit.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACEES_MAX 64
#define OPTIONS                                                                                                        \
        (PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |   \
         PTRACE_O_TRACECLONE)

struct fault {
        long call; /* -1: none */
        unsigned number;
        int error; /* 0: short */
};

static struct fault fault = { .call = -1 };
static unsigned calls; /* of the system call of the fault */
static FILE *log_file;
static bool started;                   /* the program has reached its entry point */
static uintptr_t entry, entry_word;    /* the entry point, and what the breakpoint replaces there */
static pid_t others[TRACEES_MAX];      /* tracees that execute another program */
static struct user_regs_struct before; /* at the entry of the call that is being changed */
static pid_t changed;                  /* the thread that makes this call; 0: none */
static struct iovec iovec_before;

static void fail(const char *what) {
        fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
        exit(EXIT_FAILURE);
}

static bool parse_fault(char *text) {
        char *name = strtok(text, ":"), *number = strtok(NULL, ":"), *error = strtok(NULL, ":");

        if (strcmp(name, "none") == 0)
                return true;
        fault.call = audit_name_to_syscall(name, MACH_86_64);
        fault.number = number ? (unsigned)atoi(number) : 0;
        if (error && strcmp(error, "short") != 0)
                fault.error = -audit_name_to_errno(error);
        return fault.call >= 0 && fault.number > 0 && error && (fault.error < 0 || strcmp(error, "short") == 0);
}

/* Lets the tracer look at every system call; those that end something or return from a signal have no errors. */
static void trace_system_calls(void) {
        struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 3, 0),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 2, 0),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 1, 0),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = { .len = sizeof(filter) / sizeof(filter[0]), .filter = filter };

        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 &&
            (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0))
                fail("seccomp");
}

static bool is_other(pid_t pid) {
        for (size_t i = 0; i < TRACEES_MAX; i++)
                if (others[i] == pid)
                        return true;
        return false;
}

static void add_other(pid_t pid) {
        for (size_t i = 0; i < TRACEES_MAX; i++)
                if (others[i] == 0) {
                        others[i] = pid;
                        return;
                }
}

static void remove_other(pid_t pid) {
        for (size_t i = 0; i < TRACEES_MAX; i++)
                if (others[i] == pid)
                        others[i] = 0;
}

/* Puts a breakpoint at the entry point of the program that PID has executed. */
static void break_at_entry(pid_t pid) {
        char path[64];
        Elf64_auxv_t item;

        snprintf(path, sizeof(path), "/proc/%d/auxv", pid);
        FILE *file = fopen(path, "r");
        while (file && fread(&item, sizeof(item), 1, file) == 1)
                if (item.a_type == AT_ENTRY)
                        entry = item.a_un.a_val;
        if (!file || entry == 0)
                fail(path);
        fclose(file);
        errno = 0;
        entry_word = (uintptr_t)ptrace(PTRACE_PEEKTEXT, pid, entry, NULL);
        if (errno != 0 || ptrace(PTRACE_POKETEXT, pid, entry, (entry_word & ~(uintptr_t)0xff) | 0xcc) < 0)
                fail("breakpoint");
}

/* Whether the signal was the breakpoint's. */
static bool reached_entry(pid_t pid) {
        struct user_regs_struct registers;

        if (started || ptrace(PTRACE_GETREGS, pid, NULL, &registers) < 0 || registers.rip != entry + 1)
                return false;
        registers.rip = entry;
        if (ptrace(PTRACE_POKETEXT, pid, entry, entry_word) < 0 || ptrace(PTRACE_SETREGS, pid, NULL, &registers) < 0)
                fail("breakpoint");
        started = true;
        return true;
}

/* Whether the descriptor is one whose reads and writes may be short: of a file, a pipe or a stream. */
static bool is_stream(pid_t pid, int fd) {
        int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        int copy = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0), type = SOCK_STREAM;
        struct stat st = { 0 };
        bool is = copy >= 0 && fstat(copy, &st) == 0 &&
                  (S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode) ||
                   (S_ISSOCK(st.st_mode) &&
                    getsockopt(copy, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){ sizeof(type) }) == 0 &&
                    type == SOCK_STREAM));

        close(copy);
        close(pidfd);
        return is;
}

/* Copies the first buffer of a message, or writes it back. */
static bool copy_iovec(pid_t pid, const struct user_regs_struct *registers, struct iovec *iovec, bool write_back) {
        struct iovec here = { .iov_base = iovec, .iov_len = sizeof(*iovec) };
        uintptr_t at = registers->rsi;

        if (registers->orig_rax != SYS_writev && registers->orig_rax != SYS_readv) {
                errno = 0;
                at = (uintptr_t)ptrace(PTRACE_PEEKDATA, pid, at + offsetof(struct msghdr, msg_iov), NULL);
                if (errno != 0)
                        return false;
        }
        struct iovec there = { .iov_base = (void *)at, .iov_len = sizeof(*iovec) };
        ssize_t bytes = write_back ? process_vm_writev(pid, &here, 1, &there, 1, 0)
                                   : process_vm_readv(pid, &here, 1, &there, 1, 0);
        return bytes == sizeof(*iovec);
}

static bool has_iovec(long call) {
        return call == SYS_recvmsg || call == SYS_sendmsg || call == SYS_readv || call == SYS_writev;
}

static bool can_be_short(pid_t pid, const struct user_regs_struct *registers) {
        struct iovec first;

        switch (registers->orig_rax) {
        case SYS_read:
        case SYS_write:
        case SYS_pread64:
        case SYS_pwrite64:
        case SYS_recvfrom:
        case SYS_sendto:
                return registers->rdx > 1 && is_stream(pid, (int)registers->rdi);
        case SYS_recvmsg:
        case SYS_sendmsg:
        case SYS_readv:
        case SYS_writev:
                return is_stream(pid, (int)registers->rdi) && copy_iovec(pid, registers, &first, false) &&
                       first.iov_len > 1;
        default:
                return false;
        }
}

static void hit(void) {
        fputs("hit\n", log_file);
}

/* Changes the call that PID is about to make. Returns how to continue it. */
static enum __ptrace_request change(pid_t pid, struct user_regs_struct *registers) {
        before = *registers;
        changed = pid;
        hit();
        if (fault.error == 0 && has_iovec(fault.call)) {
                copy_iovec(pid, registers, &iovec_before, false);
                struct iovec shorter = { iovec_before.iov_base, iovec_before.iov_len / 2 };
                copy_iovec(pid, registers, &shorter, true);
                return PTRACE_SYSCALL;
        }
        if (fault.error == 0)
                registers->rdx /= 2;
        else if (fault.call != SYS_close) {
                registers->orig_rax = (unsigned long long)-1; /* makes no call */
                registers->rax = (unsigned long long)fault.error;
                changed = 0;
        }
        ptrace(PTRACE_SETREGS, pid, NULL, registers);
        return changed ? PTRACE_SYSCALL : PTRACE_CONT;
}

/* The changed call has returned: it must not see what was changed. */
static void changed_call_returns(pid_t pid) {
        struct user_regs_struct registers;

        changed = 0;
        ptrace(PTRACE_GETREGS, pid, NULL, &registers);
        if (fault.error == 0 && has_iovec(fault.call))
                copy_iovec(pid, &before, &iovec_before, true);
        registers.rdx = before.rdx;
        if (fault.error < 0)
                registers.rax = (unsigned long long)fault.error;
        ptrace(PTRACE_SETREGS, pid, NULL, &registers);
}

static enum __ptrace_request on_system_call(pid_t pid) {
        struct user_regs_struct registers;

        if (!started || is_other(pid) || ptrace(PTRACE_GETREGS, pid, NULL, &registers) < 0)
                return PTRACE_CONT;
        if (fault.call < 0) {
                const char *name = audit_syscall_to_name((int)registers.orig_rax, MACH_86_64);

                fprintf(log_file, "%s%s\n", name ? name : "unknown", can_be_short(pid, &registers) ? " short" : "");
                return PTRACE_CONT;
        }
        if ((long)registers.orig_rax != fault.call || ++calls != fault.number)
                return PTRACE_CONT;
        if (fault.error == 0 && !can_be_short(pid, &registers))
                return PTRACE_CONT;
        /* The order of calls can differ between runs. Eventfds and their like know no errors of files. */
        if ((fault.call == SYS_read || fault.call == SYS_write) && fault.error != -EINTR &&
            !is_stream(pid, (int)registers.rdi))
                return PTRACE_CONT;
        return change(pid, &registers);
}

static void on_event(pid_t pid, int event) {
        unsigned long child;

        switch (event) {
        case PTRACE_EVENT_EXEC:
                if (entry == 0)
                        break_at_entry(pid);
                else if (!is_other(pid))
                        add_other(pid);
                break;
        case PTRACE_EVENT_FORK:
        case PTRACE_EVENT_VFORK:
        case PTRACE_EVENT_CLONE:
                if (is_other(pid) && ptrace(PTRACE_GETEVENTMSG, pid, NULL, &child) == 0)
                        add_other((pid_t)child);
                break;
        default:
                break;
        }
}

/* Continues PID after a stop. */
static void on_stop(pid_t pid, int status) {
        enum __ptrace_request how = changed == pid ? PTRACE_SYSCALL : PTRACE_CONT;
        int number = WSTOPSIG(status), event = status >> 16;

        if (event == PTRACE_EVENT_SECCOMP) {
                how = on_system_call(pid);
                number = 0;
        } else if (event == PTRACE_EVENT_STOP && number != SIGTRAP) {
                how = PTRACE_LISTEN; /* stopped by a signal, until SIGCONT */
                number = 0;
        } else if (event != 0) {
                on_event(pid, event);
                number = 0;
        } else if (number == (SIGTRAP | 0x80) || (number == SIGTRAP && changed == pid)) {
                changed_call_returns(pid);
                how = PTRACE_CONT;
                number = 0;
        } else if (number == SIGTRAP && reached_entry(pid))
                number = 0;
        ptrace(how, pid, NULL, number); /* fails if the tracee was killed */
}

static int trace(void) {
        int status;

        for (pid_t pid; (pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR;)
                if (pid > 0 && WIFSTOPPED(status))
                        on_stop(pid, status);
                else if (pid > 0)
                        remove_other(pid);
        fclose(log_file);
        return EXIT_SUCCESS;
}

/* Attaches an orphan to this process. */
static void start_tracer(const char *log_path) {
        pid_t self = getpid(), child;
        int ready[2];
        char byte;

        if (pipe2(ready, O_CLOEXEC) < 0 || (child = fork()) < 0)
                fail("fork");
        if (child == 0) {
                if (fork() != 0)
                        _exit(EXIT_SUCCESS);
                setsid();
                log_file = fopen(log_path, "we");
                if (!log_file || ptrace(PTRACE_SEIZE, self, NULL, OPTIONS) < 0)
                        fail(log_path);
                setlinebuf(log_file); /* the test may read it before this process has ended: no line is half there */
                if (write(ready[1], "", 1) != 1)
                        fail("pipe");
                for (int fd = 0; fd < 1024; fd++) /* the program's ends of pipes must not stay open here */
                        if (fd != fileno(log_file))
                                close(fd);
                _exit(trace());
        }
        close(ready[1]);
        waitpid(child, NULL, 0);
        if (read(ready[0], &byte, 1) != 1)
                fail("no tracer");
}

int main(int argc, char **argv) {
        if (argc < 4 || !parse_fault(argv[2])) {
                fputs("usage: inject LOG none|CALL:N:ERRNO|CALL:N:short PROGRAM...\n", stderr);
                return EXIT_FAILURE;
        }
        prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0); /* for a tracer that is no ancestor */
        start_tracer(argv[1]);
        trace_system_calls();
        execvp(argv[3], argv + 3);
        fail(argv[3]);
}
