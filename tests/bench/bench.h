/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the benchmark programs share: the clock, messages over AF_UNIX, child processes. A failure here ends the program
 * with a message: a benchmark has nothing to recover.
 */
#ifndef AUDITFAIL_BENCH_H
#define AUDITFAIL_BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/un.h>

#define MESSAGE_MAX 16384

/* The exit status of a program that misses something on this machine, after a message. */
#define EXIT_MISSING 77

struct message {
        size_t length; /* with the NUL that ends it */
        char bytes[MESSAGE_MAX];
};

uint64_t now_ns(void);

/* The address of the socket NAME in FOLDER. */
struct sockaddr_un socket_address(const char *folder, const char *name);

int socket_listen(const struct sockaddr_un *address);
int socket_connect(const struct sockaddr_un *address);

void message_send(int fd, const struct message *message);

/* Receives up to and with the NUL. Returns 0, or -ECONNRESET when the other side hung up before. */
int message_receive(int fd, struct message *message);

/* Sends REQUEST and receives the reply, or ends the program. */
void exchange(int fd, const struct message *request);

/* A child of this process, which the kernel ends together with it. As fork(). */
pid_t fork_bound(void);

#endif
