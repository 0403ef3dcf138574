/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pretends to auditfail-controld that it is somebody else, as root can. Prints what the daemon answers, and succeeds
 * when it was refused each time.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/vm/tools/attack.h"

#define OTHER_ID 65534 /* a user, and a group, other than root */

static int connected(void) {
        int fd = new_socket();

        dial(fd);
        return fd;
}

/* Says what came of the attack WHAT over FD, and ends the connection. */
static bool told(const char *what, bool right, const char *reply, int fd) {
        printf("%s: %s: %s\n", right ? "refused" : "NOT REFUSED", what, reply);
        close(fd);
        return right;
}

/* Reads what the daemon says to it. Only to hang up is no answer. */
static bool refused(const char *what, int fd) {
        char reply[REPLY_MAX];
        bool right = read_reply(fd, reply) == REFUSED;

        return told(what, right, reply, fd);
}

/* Identifies this process over FD and writes the frame of a request that is its own. Returns the frame's length. */
static size_t own_request(int fd, char frame[static FRAME_MAX]) {
        char token[TOKEN_MAX];

        identify(fd, token);
        return request(frame, token);
}

/* Reads all that the daemon says to a request, whatever that is. */
static void read_all(int fd) {
        char reply[REPLY_MAX];

        while (read_reply(fd, reply) == ACCEPTED && strstr(reply, "\"continues\":true"))
                continue;
}

static bool claims(const struct ucred *claim, const char *what) {
        int first = connected(), second = connected();
        char frame[FRAME_MAX];
        bool right;

        send_as(first, IDENTIFY, sizeof(IDENTIFY), claim);
        right = refused("Identify", first);
        send_as(second, frame, own_request(second, frame), claim);
        return refused(what, second) && right;
}

/* A zombie has a pid that root can name, and says nothing any more. */
static bool claims_to_be_a_zombie(void) {
        char *frame = shared_memory(FRAME_MAX);
        int fd = new_socket();
        pid_t caller = fork();
        siginfo_t info;

        if (caller == 0) {
                dial(fd);
                own_request(fd, frame);
                _exit(EXIT_SUCCESS);
        }
        waitid(P_PID, (id_t)caller, &info, WEXITED | WNOWAIT);
        send_as(fd, frame, strlen(frame) + 1, &(struct ucred){ caller, 0, 0 });

        bool right = refused("a request in the name of a process that has ended", fd);

        reap(caller);
        return right;
}

static bool forged_pid(void) {
        bool right = claims(&(struct ucred){ 1, 0, 0 }, "a request in the name of process 1");

        return claims_to_be_a_zombie() && right;
}

static bool forged_uid(void) {
        bool right = claims(&(struct ucred){ getpid(), OTHER_ID, 0 }, "a request in the name of another user");

        return claims(&(struct ucred){ getpid(), 0, OTHER_ID }, "a request in the name of another group") && right;
}

static bool foreign_token(void) {
        int first = connected(), second = connected(), third = connected();
        char frame[FRAME_MAX], token[TOKEN_MAX];
        size_t length = own_request(first, frame);
        bool right;

        identify(second, token);
        send_bytes(second, frame, length);
        right = refused("a token of another connection", second);
        send_bytes(third, frame, length);
        right = refused("the same over a connection without a token", third) && right;
        close(first);
        return right;
}

static bool other_pid(void) {
        int fd = connected();
        char frame[FRAME_MAX], token[TOKEN_MAX];
        size_t length = own_request(fd, frame);
        pid_t child = fork();
        int status;

        if (child == 0) {
                int own = connected();

                identify(own, token);
                send_bytes(own, frame, length);
                _exit(refused("a token of another process", own) ? EXIT_SUCCESS : EXIT_FAILURE);
        }
        waitpid(child, &status, 0);
        close(fd);
        return status == 0;
}

static bool second_use(void) {
        int fd = connected();
        char frame[FRAME_MAX];
        size_t length = own_request(fd, frame);

        send_bytes(fd, frame, length);
        read_all(fd);
        send_bytes(fd, frame, length);
        return refused("a token that was used", fd);
}

/* Gives FD to whoever has the other end of LINE. */
static void pass(int line, int fd) {
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(fd))];
        } control = { .header = { CMSG_LEN(sizeof(fd)), SOL_SOCKET, SCM_RIGHTS } };
        struct iovec vector = { .iov_base = &(char){ 0 }, .iov_len = 1 };
        struct msghdr message = {
                .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
        };

        memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
        if (sendmsg(line, &message, 0) < 0)
                err(EXIT_FAILURE, "cannot pass a descriptor");
}

static int obtain(int line) {
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int))];
        } control;
        struct iovec vector = { .iov_base = &(char){ 0 }, .iov_len = 1 };
        struct msghdr message = {
                .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
        };
        int fd;

        if (recvmsg(line, &message, 0) < 0 || !CMSG_FIRSTHDR(&message))
                err(EXIT_FAILURE, "no descriptor came");
        memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
        return fd;
}

/* Descriptors for the daemon are no attack of another, but it must not be made to hold them. */
static bool descriptors(void) {
        int fd = connected();

        pass(fd, fd);
        return refused("a descriptor", fd);
}

/* Has another process send SIZE bytes over FD: a child that has it from its parent, or that it is PASSED to. */
static void send_from_another(int fd, bool passed, const void *bytes, size_t size) {
        int line[2];
        pid_t child;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, line) < 0)
                err(EXIT_FAILURE, "cannot make a pair of sockets");
        child = fork();
        if (child == 0) {
                if (passed) {
                        close(fd);
                        fd = obtain(line[1]);
                }
                send_bytes(fd, bytes, size);
                _exit(EXIT_SUCCESS);
        }
        if (passed)
                pass(line[0], fd);
        reap(child);
        close(line[0]);
        close(line[1]);
}

/* This process connects and lives on; another speaks: at once, once there is a token, after a request. */
static bool handed_over(bool passed) {
        int fd = connected();
        char frame[FRAME_MAX];
        bool right;
        size_t length;

        send_from_another(fd, passed, IDENTIFY, sizeof(IDENTIFY));
        right = refused("Identify by another process than connected", fd);

        fd = connected();
        length = own_request(fd, frame);
        send_from_another(fd, passed, frame, length);
        right = refused("a request by another process than was identified", fd) && right;

        fd = connected();
        length = own_request(fd, frame);
        send_bytes(fd, frame, length);
        read_all(fd);
        send_from_another(fd, passed, IDENTIFY, sizeof(IDENTIFY));
        return refused("Identify by another process after a request", fd) && right;
}

static bool fd_passing(void) {
        return handed_over(true);
}

static bool forked(void) {
        return handed_over(false);
}

static bool two_senders(void) {
        int fd = connected();
        char frame[FRAME_MAX];
        size_t length = own_request(fd, frame), half = length / 2;
        bool right;

        send_bytes(fd, frame, half);
        send_from_another(fd, false, frame + half, length - half);
        right = refused("a request whose second half another process sent", fd);

        fd = connected();
        length = own_request(fd, frame);
        send_from_another(fd, false, frame, half);
        send_bytes(fd, frame + half, length - half);
        return refused("a request whose first half another process sent", fd) && right;
}

/* The daemon comes to the request only when its answers to what was asked before are read: after the caller's end. */
static bool exits_after_sending(void) {
        int fd = new_socket();
        pid_t caller = fork();
        char reply[REPLY_MAX];
        bool right;

        if (caller == 0) {
                char frame[FRAME_MAX];
                size_t length;

                dial(fd);
                length = own_request(fd, frame);
                ask_for_long_answers(fd);
                send_bytes(fd, frame, length);
                _exit(EXIT_SUCCESS);
        }
        reap(caller);
        right = read_late_reply(fd, reply) != ACCEPTED;
        return told("a request of a process that has ended", right, reply, fd);
}

static const struct {
        const char *name;
        bool (*attack)(void);
} attacks[] = {
        { "forged-pid", forged_pid },
        { "forged-uid", forged_uid },
        { "foreign-token", foreign_token },
        { "other-pid", other_pid },
        { "second-use", second_use },
        { "fd-passing", fd_passing },
        { "fork", forked },
        { "two-senders", two_senders },
        { "exits-after-sending", exits_after_sending },
        { "descriptors", descriptors },
};

static bool run(int argc, char **argv) {
        if (argc >= 3 && argc <= 5 && (strcmp(argv[1], "pid-reuse") == 0 || strcmp(argv[1], "pid-cycle") == 0))
                return reuse_pids(strtoul(argv[2], NULL, 10), strcmp(argv[1], "pid-cycle") == 0,
                                  argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1000,
                                  argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 1001);
        for (size_t i = 0; i < sizeof(attacks) / sizeof(*attacks); i++)
                if (argc == 2 && strcmp(argv[1], attacks[i].name) == 0)
                        return attacks[i].attack();
        fprintf(stderr, "usage: impostor pid-reuse|pid-cycle TRIES [AUID AUID]\n");
        for (size_t i = 0; i < sizeof(attacks) / sizeof(*attacks); i++)
                fprintf(stderr, "       impostor %s\n", attacks[i].name);
        exit(EXIT_FAILURE);
}

int main(int argc, char **argv) {
        setvbuf(stdout, NULL, _IOLBF, 0);
        return run(argc, argv) ? EXIT_SUCCESS : EXIT_FAILURE;
}
