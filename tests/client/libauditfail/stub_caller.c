/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the program that asks finds as it was. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "protocol/cleanup.h"
#include "tests/client/libauditfail/stub_harness.h"
#include "tests/harness/trace_calls.h"

#define STACK_NEEDED 6144 /* bytes, as the man pages say */

/* Here the library's calls to a function of libc pass by. */
#define INTERPOSED __attribute__((visibility("default")))

static _Atomic int connected_fd = -1;
static bool server_first; /* send() waits until the server has hung up */

/* This is connect(). The headers of glibc and musl declare it with different types. */
INTERPOSED int keep_connected_fd(int fd, const struct sockaddr *address, socklen_t length) __asm__("connect");

int keep_connected_fd(int fd, const struct sockaddr *address, socklen_t length) {
        connected_fd = fd;
        return (int)syscall(SYS_connect, fd, address, length);
}

INTERPOSED ssize_t send(int fd, const void *data, size_t length, int flags) {
        struct pollfd peer = { .fd = fd };

        if (server_first)
                poll(&peer, 1, -1);
        return syscall(SYS_sendto, fd, data, length, flags, NULL, 0);
}

static enum auditfail_via ask(void) {
        struct auditfail_answer answer;

        auditfail_ask(NULL, &answer);
        return answer.via;
}

static void keep_errno(enum auditfail_via via) {
        errno = ENOTTY;
        check(ask() == via);
        check(errno == ENOTTY);
        errno = 0;
        audit_failure_action("passwd");
        check(errno == 0);
}

static void errno_is_kept(const char *folder) {
        on_every_way(folder, keep_errno);
}

static struct sigaction dispositions[NSIG];

static void keep_signals(enum auditfail_via via) {
        sigset_t mask, before = { 0 }, after = { 0 };

        sigfillset(&mask);
        sigdelset(&mask, SIGUSR2);
        sigprocmask(SIG_SETMASK, &mask, NULL);
        sigprocmask(SIG_SETMASK, NULL, &before);
        for (int i = 1; i < NSIG; i++)
                sigaction(i, NULL, &dispositions[i]);
        check(ask() == via);
        sigprocmask(SIG_SETMASK, NULL, &after);
        check(memcmp(&before, &after, sizeof(before)) == 0);
        for (int i = 1; i < NSIG; i++) {
                struct sigaction now = { 0 };

                sigaction(i, NULL, &now);
                check(now.sa_handler == dispositions[i].sa_handler && now.sa_flags == dispositions[i].sa_flags);
        }
}

static void mask_and_dispositions_are_kept(const char *folder) {
        on_every_way(folder, keep_signals);
}

/* The kernel kills a process that makes one of these calls. So this finds calls that leave no trace. */
static void forbid_system_calls(void) {
        static const unsigned forbidden[] = { SYS_brk,       SYS_mmap,         SYS_mremap,       SYS_munmap,
                                              SYS_mprotect,  SYS_futex,        SYS_rt_sigaction, SYS_rt_sigprocmask,
                                              SYS_clone,     SYS_execve,       SYS_kill,         SYS_tgkill,
                                              SYS_setitimer, SYS_timer_create, SYS_sigaltstack,  SYS_writev };
        struct sock_filter filter[2 * sizeof(forbidden) / sizeof(forbidden[0]) + 2] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        };
        struct sock_fprog program = { .len = sizeof(filter) / sizeof(filter[0]), .filter = filter };
        size_t at = 1;

        for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
                filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, forbidden[i], 0, 1);
                filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
        }
        filter[at] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
        check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
                skip_promise("this kernel has no seccomp filters");
}

static void ask_without_forbidden_calls(enum auditfail_via via) {
        pid_t pid = fork();
        int status;

        if (pid == 0) {
                forbid_system_calls();
                _exit(ask() == via ? 0 : 1);
        }
        check(waitpid(pid, &status, 0) == pid);
        check(status == 0);
}

static void memory_signals_and_processes_are_left_alone(const char *folder) {
#ifdef INSTRUMENTED
        (void)folder, (void)ask_without_forbidden_calls;
        skip_promise("sanitizers and coverage counters make system calls, too");
#else
        on_every_way(folder, ask_without_forbidden_calls);
#endif
}

#ifndef INSTRUMENTED
static void ask_once(void) {
        ask();
}

static void a_question_takes_six_system_calls(const char *folder) {
        static const long needed[] = { SYS_socket, SYS_connect, SYS_sendto, CALL_POLL, SYS_recvfrom, SYS_close };
        const int count = sizeof(needed) / sizeof(needed[0]);
        long calls[16];

        serve(folder, reply_ignore);
        int made = trace_calls(ask_once, calls, 16);
        if (made < 0)
                skip_promise("no process may be traced here");
        check(made == count);
        for (int i = 0; i < count; i++)
                check(calls[i] == needed[i]);
}
#endif

static void keep_descriptors(enum auditfail_via via) {
        unsigned before = open_descriptors();

        check(ask() == via);
        check(ask() == via);
        check(open_descriptors() == before);
}

static void hang_up(int connection) {
        (void)connection;
}

static void no_descriptor_stays_open(const char *folder) {
        on_every_way(folder, keep_descriptors);
}

static void no_descriptor_stays_open_when_the_daemon_fails(const char *folder) {
        serve(folder, hang_up);
        keep_descriptors(AUDITFAIL_VIA_BUILTIN);
}

static void ask_with_closed_streams(enum auditfail_via via) {
        for (int fd = 0; fd < 3; fd++)
                close(fd);
        connected_fd = -1;
        check(ask() == via);
        check(connected_fd < 0 || connected_fd > 2);
        for (int fd = 0; fd < 3; fd++)
                check(fcntl(fd, F_GETFD) == -1 && errno == EBADF);
}

static void closed_standard_streams_stay_closed(const char *folder) {
        on_every_way(folder, ask_with_closed_streams);
        check(connected_fd > 2);
}

static void a_daemon_that_hangs_up_first_raises_no_sigpipe(const char *folder) {
        struct auditfail_answer answer;

        signal(SIGPIPE, SIG_DFL);
        serve(folder, hang_up);
        server_first = true;
        auditfail_ask(NULL, &answer);
        check(answer.cause == EPIPE);
}

static unsigned char signal_stack[65536];
static volatile enum auditfail_via via_in_handler;
static unsigned char *volatile handler_frame;

static void ask_in_handler(int signal_number) {
        unsigned char here;

        (void)signal_number;
        handler_frame = &here;
        via_in_handler = ask();
}

/* Counts from the frame of the handler: what the kernel puts onto a signal stack depends on the processor. */
static void ask_on_a_painted_stack(enum auditfail_via via) {
        stack_t stack = { .ss_sp = signal_stack, .ss_size = sizeof(signal_stack) };
        struct sigaction action = { .sa_handler = ask_in_handler, .sa_flags = SA_ONSTACK };
        const unsigned char *lowest = signal_stack;

        check(sigaltstack(&stack, NULL) == 0);
        check(sigaction(SIGUSR1, &action, NULL) == 0);
        memset(signal_stack, 0xa5, sizeof(signal_stack));
        via_in_handler = (enum auditfail_via) - 1;
        raise(SIGUSR1);
        check(via_in_handler == via);
        while (*lowest == 0xa5)
                lowest++;
        check(handler_frame - lowest < STACK_NEEDED);
}

static void a_signal_handler_may_ask_on_a_small_stack(const char *folder) {
#ifdef INSTRUMENTED
        (void)folder, (void)ask_on_a_painted_stack;
        skip_promise("a sanitizer needs more stack");
#else
        on_every_way(folder, ask_on_a_painted_stack);
#endif
}

struct answers {
        unsigned asked, right;
};

static void *ask_often(void *data) {
        struct answers *answers = data;

        for (int i = 0; i < 200; i++) {
                struct auditfail_answer answer;

                auditfail_ask(NULL, &answer);
                answers->asked++;
                answers->right += answer.via == AUDITFAIL_VIA_DAEMON && strcmp(answer.file, SERVED_FILE) == 0;
        }
        return NULL;
}

static void threads_may_ask_at_once(const char *folder) {
        pthread_t threads[4];
        struct answers answers[4] = { 0 };

        serve(folder, reply_ignore);
        for (int i = 0; i < 4; i++)
                check(pthread_create(&threads[i], NULL, ask_often, &answers[i]) == 0);
        for (int i = 0; i < 4; i++) {
                check(pthread_join(threads[i], NULL) == 0);
                check(answers[i].asked == 200 && answers[i].right == 200);
        }
}

static void *ask_while_cancelled(void *data) {
        pthread_cancel(pthread_self());
        auditfail_ask(NULL, data);
        pthread_testcancel();
        return NULL;
}

/* A thread that ended in the middle would have no answer, and leave a descriptor open. */
static void cancel_while_asking(enum auditfail_via via) {
        struct auditfail_answer answer = { .via = (enum auditfail_via) - 1 };
        unsigned before = open_descriptors();
        pthread_t thread;
        void *result;

        check(pthread_create(&thread, NULL, ask_while_cancelled, &answer) == 0);
        check(pthread_join(thread, &result) == 0);
        check(answer.via == via);
        check(result == PTHREAD_CANCELED);
        check(open_descriptors() == before);
}

static void a_cancelled_thread_has_its_answer_first(const char *folder) {
        on_every_way(folder, cancel_while_asking);
}

int main(int argc, char **argv) {
        static const struct promise promises[] = {
                { "errno is kept", errno_is_kept },
                { "signal mask and dispositions are kept", mask_and_dispositions_are_kept },
                { "memory, signals and processes are left alone", memory_signals_and_processes_are_left_alone },
#ifndef INSTRUMENTED
                { "a question takes six system calls", a_question_takes_six_system_calls },
#endif
                { "no descriptor stays open", no_descriptor_stays_open },
                { "no descriptor stays open when the daemon fails", no_descriptor_stays_open_when_the_daemon_fails },
                { "closed standard streams stay closed, and no connection takes their place",
                  closed_standard_streams_stay_closed },
                { "a daemon that hangs up first raises no SIGPIPE", a_daemon_that_hangs_up_first_raises_no_sigpipe },
                { "a signal handler may ask on a small stack", a_signal_handler_may_ask_on_a_small_stack },
                { "threads may ask at once", threads_may_ask_at_once },
                { "a cancelled thread has its answer first", a_cancelled_thread_has_its_answer_first },
        };

        return run_promises(argc, argv, promises, sizeof(promises) / sizeof(promises[0]));
}
