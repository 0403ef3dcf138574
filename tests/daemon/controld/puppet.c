/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/daemon/controld/puppet.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* sendmsg(2), with a descriptor (-1: none) and with credentials (NULL: the kernel's). Returns 0 or a negative errno. */
static int puppet_transmit(int fd, const void *bytes, size_t size, int descriptor, const struct ucred *claim) {
        char control[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))] __attribute__((aligned(8))) = { 0 };
        struct iovec vector = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = size };
        struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control };
        struct cmsghdr header = { .cmsg_level = SOL_SOCKET };

        if (descriptor >= 0) {
                header.cmsg_type = SCM_RIGHTS;
                header.cmsg_len = CMSG_LEN(sizeof(descriptor));
                memcpy(control, &header, sizeof(header));
                memcpy(control + CMSG_LEN(0), &descriptor, sizeof(descriptor));
                message.msg_controllen = CMSG_SPACE(sizeof(descriptor));
        }
        if (claim) {
                header.cmsg_type = SCM_CREDENTIALS;
                header.cmsg_len = CMSG_LEN(sizeof(*claim));
                memcpy(control + message.msg_controllen, &header, sizeof(header));
                memcpy(control + message.msg_controllen + CMSG_LEN(0), claim, sizeof(*claim));
                message.msg_controllen += CMSG_SPACE(sizeof(*claim));
        }
        return sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Receives what puppet_transmit() sent over LINE. Returns whether SIZE bytes came. */
static bool puppet_obtain(int line, void *bytes, size_t size, int *ret_descriptor) {
        char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
        struct iovec vector = { .iov_base = bytes, .iov_len = size };
        struct msghdr message = {
                .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
        };
        ssize_t length = recvmsg(line, &message, 0);

        *ret_descriptor = -1;
        if (length >= 0 && message.msg_controllen >= CMSG_LEN(sizeof(int)))
                memcpy(ret_descriptor, control + CMSG_LEN(0), sizeof(int));
        return length == (ssize_t)size;
}

static int puppet_connect(const char *path, int *connection) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
        *connection = socket(AF_UNIX, SOCK_STREAM, 0);
        return connect(*connection, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

static int puppet_terminal(void) {
        int master = posix_openpt(O_RDWR | O_NOCTTY), number;

        if (master < 0 || ioctl(master, TIOCSPTLCK, &(int){ 0 }) < 0 || ioctl(master, TIOCGPTN, &number) < 0 ||
            setsid() < 0)
                return -errno;
        /* The first terminal that the leader of a session opens becomes the session's. */
        return ioctl(master, TIOCGPTPEER, O_RDWR) < 0 ? -errno : number;
}

/* Carries out ORDER. Returns 0 or more, or a negative errno. */
static int puppet_do(const struct order *order, int *connection, int descriptor) {
        int r = 0;

        switch (order->verb) {
        case CONNECT:
                return puppet_connect(order->text, connection);
        case SAY:
                return puppet_transmit(*connection, order->text, strlen(order->text), descriptor,
                                       order->claims ? &order->claim : NULL);
        case TAKE:
                *connection = fcntl(descriptor, F_DUPFD, 0);
                return 0;
        case GIVE:
                return 0;
        case FORK:
                r = fork();
                break;
        case USERS:
                r = setresuid(order->ids[0], order->ids[1], order->ids[2]);
                break;
        case GROUPS:
                r = setresgid(order->ids[0], order->ids[1], order->ids[2]);
                break;
        case NAME:
                r = prctl(PR_SET_NAME, order->text);
                break;
        case TERMINAL:
                return puppet_terminal();
        }
        return r < 0 ? -errno : r;
}

static _Noreturn void puppet_live(int line) {
        struct order order;
        int connection = -1, descriptor;

        while (puppet_obtain(line, &order, sizeof(order), &descriptor)) {
                int result = puppet_do(&order, &connection, descriptor);

                if (order.verb == FORK && result == 0) {
                        line = descriptor; /* the one that was told to fork answers */
                        continue;
                }
                puppet_transmit(line, &result, sizeof(result), order.verb == GIVE ? connection : -1, NULL);
                if (descriptor >= 0)
                        close(descriptor);
        }
        _exit(0);
}

int puppet_order(struct puppet puppet, struct order order, int descriptor, int *ret_descriptor) {
        int result = 0;

        cr_assert_eq(puppet_transmit(puppet.line, &order, sizeof(order), descriptor, NULL), 0);
        cr_assert(puppet_obtain(puppet.line, &result, sizeof(result), ret_descriptor));
        return result;
}

int puppet_say(struct puppet puppet, const char *text) {
        struct order order = { .verb = SAY };

        snprintf(order.text, sizeof(order.text), "%s", text);
        return puppet_order(puppet, order, -1, &(int){ -1 });
}

struct puppet puppet_new(pid_t wanted) {
        struct clone_args args = {
                .exit_signal = SIGCHLD,
                .set_tid = (uintptr_t)&wanted,
                .set_tid_size = wanted > 0,
        };
        int line[2];

        cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line), 0);

        pid_t pid = wanted > 0 ? (pid_t)syscall(SYS_clone3, &args, sizeof(args)) : fork();

        if (pid == 0) {
                dup2(line[1], STDIN_FILENO);
                close_range(STDERR_FILENO + 1, ~0U, 0); /* so that nothing of the test is kept open here */
                puppet_live(STDIN_FILENO);
        }
        close(line[1]);
        return (struct puppet){ .pid = pid < 0 ? -errno : pid, .line = line[0] };
}

struct puppet puppet_second(struct puppet puppet, bool by_fork) {
        struct puppet second;
        int line[2], passed;

        if (by_fork) {
                cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line), 0);
                second.line = line[0];
                second.pid = puppet_order(puppet, (struct order){ .verb = FORK }, line[1], &passed);
                close(line[1]);
                cr_assert_gt(second.pid, 0);
                return second;
        }
        second = puppet_new(0);
        puppet_order(puppet, (struct order){ .verb = GIVE }, -1, &passed);
        puppet_order(second, (struct order){ .verb = TAKE }, passed, &(int){ -1 });
        close(passed);
        return second;
}

void puppet_end(struct puppet puppet, bool reaped) {
        siginfo_t info;

        close(puppet.line);
        cr_assert_eq(waitid(P_PID, (id_t)puppet.pid, &info, WEXITED | (reaped ? 0 : WNOWAIT)), 0);
}
