/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/audit/send_aside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/cleanup.h"
#include "protocol/clock.h"
#include "protocol/thread_state.h"

/* Closes all files but these two. */
static void close_others(unsigned one, unsigned other) {
        unsigned low = one < other ? one : other, high = one < other ? other : one;

        if (low > 0)
                close_range(0, low - 1, 0);
        if (high > low + 1)
                close_range(low + 1, high - 1, 0);
        close_range(high + 1, ~0U, 0);
}

/* Sends, waits as long as the kernel wants it, and then writes 0 or a negative errno to RESULT. */
static _Noreturn void send_and_exit(int fd, const void *data, size_t size, int result) {
        const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

        close_others((unsigned)fd, (unsigned)result);
        int r = sendto(fd, data, size, 0, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0 ? -errno : 0;
        (void)!write(result, &r, sizeof(r));
        _exit(0);
}

/* A fork() that runs no handlers and announces its end with no signal. The child may only make system calls. */
static pid_t fork_silently(void) {
        return (pid_t)syscall(SYS_clone, 0, 0, 0, 0, 0);
}

/* Starts the process. Returns the descriptor from which its result can be read, or -ECHILD. */
static int start(int fd, const void *data, size_t size) {
        int ends[2], status = -1;
        sigset_t all, before;

        if (pipe2(ends, O_CLOEXEC) < 0)
                return -ECHILD;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &before); /* the program's handlers must not run in the processes */
        pid_t child = fork_silently();
        if (child == 0) {
                pid_t sender = fork_silently();

                if (sender == 0)
                        send_and_exit(fd, data, size, ends[1]);
                _exit(sender < 0);
        }
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        close(ends[1]);
        if (child > 0)
                TEMP_FAILURE_RETRY(waitpid(child, &status, __WCLONE));
        if (status == 0)
                return ends[0];
        close(ends[0]);
        return -ECHILD;
}

/* Waits until the process has its RESULT, or until FD (-1: none) can be read. Returns false after TIMEOUT_MS. */
static bool await(int result, int fd, unsigned timeout_ms, bool *ret_has_result) {
        struct pollfd ready[] = { { .fd = result, .events = POLLIN }, { .fd = fd, .events = POLLIN } };
        int64_t deadline = monotonic_ms() + timeout_ms, left = timeout_ms;
        int r;

        while ((r = poll(ready, 2, (int)left)) < 0 && errno == EINTR) {
                left = deadline - monotonic_ms();
                left = left > 0 ? left : 0;
        }
        *ret_has_result = r > 0 && ready[0].revents != 0;
        return r > 0;
}

bool audit_queue_has_room(unsigned timeout_ms) {
        cleanup(thread_state_restore) struct thread_state thread = thread_state_keep();
        const struct nlmsghdr empty = { .nlmsg_len = sizeof(empty),
                                        .nlmsg_type = AUDIT_USER,
                                        .nlmsg_flags = NLM_F_REQUEST };
        cleanup(cleanup_fd) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
        cleanup(cleanup_fd) int result = fd < 0 ? -1 : start(fd, &empty, sizeof(empty));
        bool has_result;

        return result < 0 || await(result, -1, timeout_ms, &has_result);
}

int audit_send_aside(int fd, const void *data, size_t size, unsigned timeout_ms, bool *ret_waits) {
        cleanup(thread_state_restore) struct thread_state thread = thread_state_keep();
        cleanup(cleanup_fd) int result = start(fd, data, size);
        bool has_result;
        int r;

        *ret_waits = false;
        if (result < 0)
                return result;
        bool answered = await(result, fd, timeout_ms, &has_result);
        if (answered && !has_result) /* acknowledged: does the kernel let the process go as well? */
                await(result, -1, SEND_ASIDE_PROMPT_MS, &has_result);
        *ret_waits = !has_result;
        if (!has_result)
                return answered ? 0 : -ETIMEDOUT;
        return read(result, &r, sizeof(r)) == sizeof(r) ? r : -ETIMEDOUT; /* it was killed: perhaps after sendto() */
}
