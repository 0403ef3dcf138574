/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What attacks on auditfail-controld are made of: raw frames over its socket, and replies. It is talked to without the
 * project's own client, which would not do what an attacker does. Whatever fails here ends the program with a message.
 */
#ifndef AUDITFAIL_ATTACK_H
#define AUDITFAIL_ATTACK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#define TOKEN_MAX 64
#define FRAME_MAX 256
#define REPLY_MAX 16384
#define NO_AUID   ((uint32_t)-1)

/* Frames, with the NUL that ends each. */
#define IDENTIFY "{\"method\":\"io.auditfail.Control.Identify\"}"
#define LONG_ANSWER                                                                                                    \
        "{\"method\":\"org.varlink.service.GetInterfaceDescription\",\"parameters\":{\"interface\":"                   \
        "\"io.auditfail.Control\"}}"

/*
 * So many of these fill the daemon's room for replies that nobody reads: until somebody does, it looks at no call more.
 * Where it refuses one then, it hangs up, and what it had to say may not have found room either.
 */
#define LONG_ANSWERS 16

enum verdict {
        REFUSED,  /* NotIdentified */
        ACCEPTED, /* anything else: whoever it is, the daemon took it for somebody */
        HUNG_UP,  /* no answer: it closed the connection */
};

/* A socket that is not connected yet: whoever calls dial() with it is who connected, says the kernel. */
int new_socket(void);
void dial(int fd);

/* Sends SIZE bytes, with CLAIM in place of the sender's credentials (NULL: the kernel adds the true ones). */
void send_as(int fd, const void *bytes, size_t size, const struct ucred *claim);
#define send_bytes(fd, bytes, size) send_as((fd), (bytes), (size), NULL)

/* Writes the frame of a request that does no harm where it is taken. Returns its length with the NUL. */
size_t request(char frame[static FRAME_MAX], const char *token);

/* Asks for LONG_ANSWERS long answers. */
void ask_for_long_answers(int fd);

/* Receives a reply and says what it is. */
enum verdict read_reply(int fd, char reply[static REPLY_MAX]);

/* Receives the long answers that were asked for and, where those come, the reply to what was asked after them. */
enum verdict read_late_reply(int fd, char reply[static REPLY_MAX]);

/* Identifies itself. The second half of that is to read the answer. */
void identify(int fd, char token[static TOKEN_MAX]);
void read_token(int fd, char token[static TOKEN_MAX]);

/* What a reply says: the token; the login of the caller, NO_AUID where it names none. */
bool token_of(const char *reply, char token[static TOKEN_MAX]);
uint32_t auid_of(const char *reply);

/* Waits until the child PID has ended well; its pid is free then. */
void reap(pid_t pid);

/* Memory that this process shares with its children. */
void *shared_memory(size_t size);

/*
 * Tries TRIES times to have a request put down to another person, with processes that have the pid of one that has
 * identified itself, and another login: FIRST and SECOND are the two. CYCLE: the kernel chooses their pids, and they
 * are made until one gets the right one, which takes a small kernel.pid_max; else they choose. Prints what came of it.
 * Returns whether the daemon was right every time.
 */
bool reuse_pids(unsigned long tries, bool cycle, uint32_t first, uint32_t second);

#endif
