/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Puppets: processes that do one thing at a time, when the test tells them, and say when it is done. So everything
 * happens in the order in which it is written in the test.
 *
 *      struct puppet puppet = puppet_new(0);
 *
 *      puppet_tell(puppet, CONNECT, .text = "/run/socket");
 *      puppet_say(puppet, "hello");
 *      puppet_end(puppet, true);
 *
 * Whatever is left of them ends with the test.
 */
#ifndef AUDITFAIL_PUPPET_H
#define AUDITFAIL_PUPPET_H

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum verb {
        CONNECT,  /* to the socket text */
        SAY,      /* text, over the connection, with claim and the descriptor, where there are any */
        TAKE,     /* the descriptor as its connection */
        GIVE,     /* its connection to the test */
        FORK,     /* a puppet that has everything that this one has; the descriptor is its line */
        USERS,    /* to be: real, effective, saved */
        GROUPS,   /* likewise */
        NAME,     /* to call itself text */
        TERMINAL, /* to have one, of the number that it answers */
};

struct order {
        enum verb verb;
        char text[108];
        bool claims;
        struct ucred claim;
        unsigned ids[3];
};

struct puppet {
        pid_t pid;
        int line; /* orders and answers; the puppet ends when it is closed */
};

/* sendmsg(2), with a descriptor (-1: none) and with credentials (NULL: the kernel's). Returns 0 or a negative errno. */
static inline int puppet_transmit(int fd, const void *bytes, size_t size, int descriptor, const struct ucred *claim) {
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

/* The other side of that, on a line. Returns whether SIZE bytes came. */
static inline bool puppet_obtain(int line, void *bytes, size_t size, int *ret_descriptor) {
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

static inline int puppet_connect(const char *path, int *connection) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
        *connection = socket(AF_UNIX, SOCK_STREAM, 0);
        return connect(*connection, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

static inline int puppet_terminal(void) {
        int master = posix_openpt(O_RDWR | O_NOCTTY), number;

        if (master < 0 || ioctl(master, TIOCSPTLCK, &(int){ 0 }) < 0 || ioctl(master, TIOCGPTN, &number) < 0 ||
            setsid() < 0)
                return -errno;
        /* The first terminal that the leader of a session opens becomes the session's. */
        return ioctl(master, TIOCGPTPEER, O_RDWR) < 0 ? -errno : number;
}

/* Returns what came of ORDER: 0 or more, or a negative errno. */
static inline int puppet_do(const struct order *order, int *connection, int descriptor) {
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

static inline _Noreturn void puppet_live(int line) {
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

/* Gives ORDER, with DESCRIPTOR (-1: none), and waits until it is done. Returns what came of it. */
static inline int puppet_order(struct puppet puppet, struct order order, int descriptor, int *ret_descriptor) {
        int result = 0;

        cr_assert_eq(puppet_transmit(puppet.line, &order, sizeof(order), descriptor, NULL), 0);
        cr_assert(puppet_obtain(puppet.line, &result, sizeof(result), ret_descriptor));
        return result;
}

#define puppet_tell(puppet, what, ...)                                                                                 \
        puppet_order((puppet), (struct order){ .verb = (what), __VA_ARGS__ }, -1, &(int){ -1 })

static inline int puppet_say(struct puppet puppet, const char *text) {
        struct order order = { .verb = SAY };

        snprintf(order.text, sizeof(order.text), "%s", text);
        return puppet_order(puppet, order, -1, &(int){ -1 });
}

/* A new puppet, with the pid WANTED where that is not 0. Its pid is a negative errno where it cannot be made. */
static inline struct puppet puppet_new(pid_t wanted) {
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

/* Another puppet that has PUPPET's connection: it is forked from that one, or gets it passed. */
static inline struct puppet puppet_second(struct puppet puppet, bool by_fork) {
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

/* PUPPET, which the test made itself, has ended afterwards; its pid is free if it is REAPED. */
static inline void puppet_end(struct puppet puppet, bool reaped) {
        siginfo_t info;

        close(puppet.line);
        cr_assert_eq(waitid(P_PID, (id_t)puppet.pid, &info, WEXITED | (reaped ? 0 : WNOWAIT)), 0);
}

#endif
