/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/vm/tools/attack.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

#define ANSWER_SEC 30

int new_socket(void) {
        struct timeval limit = { .tv_sec = ANSWER_SEC };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
                err(EXIT_FAILURE, "cannot make a socket");
        return fd;
}

void dial(int fd) {
        const char *folder = getenv("AUDITFAIL_RUNTIME_DIR");
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        snprintf(address.sun_path, sizeof(address.sun_path), "%s/io.auditfail.Control",
                 folder ? folder : "/run/auditfail");
        if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
                err(EXIT_FAILURE, "cannot connect to %s", address.sun_path);
}

void send_as(int fd, const void *bytes, size_t size, const struct ucred *claim) {
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(*claim))];
        } control = { .header = { CMSG_LEN(sizeof(*claim)), SOL_SOCKET, SCM_CREDENTIALS } };
        struct iovec vector = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = size };
        struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };

        if (claim) {
                memcpy(CMSG_DATA(&control.header), claim, sizeof(*claim));
                message.msg_control = &control;
                message.msg_controllen = sizeof(control);
        }
        /* A daemon that has hung up has refused something before: the reply will tell. */
        if (sendmsg(fd, &message, MSG_NOSIGNAL) != (ssize_t)size && errno != EPIPE)
                err(EXIT_FAILURE, "cannot send");
}

size_t request(char frame[static FRAME_MAX], const char *token) {
        return (size_t)snprintf(frame, FRAME_MAX,
                                "{\"method\":\"io.auditfail.Control.Signal\",\"parameters\":{\"token\":\"%s\","
                                "\"signal\":\"state\",\"reason\":\"impostor\"},\"more\":true}",
                                token) +
               1;
}

void ask_for_long_answers(int fd) {
        for (int i = 0; i < LONG_ANSWERS; i++)
                send_bytes(fd, LONG_ANSWER, sizeof(LONG_ANSWER));
}

enum verdict read_reply(int fd, char reply[static REPLY_MAX]) {
        size_t length = 0;

        /* Byte by byte as far as the NUL, and no further: what comes then may be somebody else's to read. */
        for (;;) {
                ssize_t count = recv(fd, reply + length, REPLY_MAX - length, MSG_PEEK);
                const char *end = count > 0 ? memchr(reply + length, 0, (size_t)count) : NULL;

                if (count < 0 && errno != ECONNRESET)
                        err(EXIT_FAILURE, "no reply came");
                if (count <= 0) {
                        snprintf(reply, REPLY_MAX, "hung up");
                        return HUNG_UP;
                }
                count = recv(fd, reply + length, end ? (size_t)(end - reply) + 1 - length : (size_t)count, 0);
                if (end)
                        return strstr(reply, "\"error\":\"io.auditfail.Control.NotIdentified\"") ? REFUSED : ACCEPTED;
                length += (size_t)count;
                if (length == REPLY_MAX)
                        errx(EXIT_FAILURE, "a reply of more than %d bytes", REPLY_MAX);
        }
}

enum verdict read_late_reply(int fd, char reply[static REPLY_MAX]) {
        for (int i = 0; i < LONG_ANSWERS; i++)
                if (read_reply(fd, reply) != ACCEPTED)
                        return HUNG_UP;
        return read_reply(fd, reply);
}

bool token_of(const char *reply, char token[static TOKEN_MAX]) {
        const char *found = strstr(reply, "\"token\":\"");

        return found && sscanf(found, "\"token\":\"%63[0-9a-f]\"", token) == 1;
}

uint32_t auid_of(const char *reply) {
        /* In a string, such as the name of a program, the quotes would come with a backslash. */
        const char *found = strstr(reply, "\"auid\":");

        return found ? (uint32_t)strtoul(found + strlen("\"auid\":"), NULL, 10) : NO_AUID;
}

void read_token(int fd, char token[static TOKEN_MAX]) {
        char reply[REPLY_MAX];

        if (read_reply(fd, reply) != ACCEPTED || !token_of(reply, token))
                errx(EXIT_FAILURE, "the daemon does not say who this is, but %s", reply);
}

void identify(int fd, char token[static TOKEN_MAX]) {
        send_bytes(fd, IDENTIFY, sizeof(IDENTIFY));
        read_token(fd, token);
}

void reap(pid_t pid) {
        int status;

        if (waitpid(pid, &status, 0) != pid)
                err(EXIT_FAILURE, "cannot wait for process %d", pid);
        if (status != 0)
                errx(EXIT_FAILURE, "process %d ended with status %#x", pid, (unsigned)status);
}

void *shared_memory(size_t size) {
        void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        if (memory == MAP_FAILED)
                err(EXIT_FAILURE, "cannot share memory");
        return memory;
}
