/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is calling: one process, from the first byte of its connection to the last, or nobody.
 *
 * SO_PEERCRED is the process that called connect(), says the kernel, and nobody can forge it; but a connection can be
 * handed on. SCM_CREDENTIALS is who sent these bytes; but a sender with CAP_SYS_ADMIN may name any live pid there. So
 * the two must be equal for every message. And a pid can be reused: so Identify opens a pidfd for it, reads what /proc
 * says, and only then hands out a token, which must come back from the same pid while the pidfd is alive. The process
 * behind the pidfd then had that pid from before the token was known until after it was used; it is who sent it, and
 * what was read in between is its own. True on every kernel since 5.3.
 *
 * Since 6.5 that is the process that connected, says the kernel. Before, it may be one that has got the pid of a caller
 * that ended before its Identify was read: nobody but that one can then use the token, for a request of its own.
 *
 * What is not told apart: a process from another that runs its code, such as one that it traces, or one that has
 * CAP_SYS_ADMIN, was handed the connection, and names the living caller in SCM_CREDENTIALS. Both could do as much from
 * inside the caller.
 */
#ifndef AUDITFAIL_CALLER_H
#define AUDITFAIL_CALLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CALLER_UNSET ((uint32_t)-1) /* the kernel's own value for "no login" */
#define TOKEN_LENGTH 32             /* hexadecimal digits: 128 bits from getrandom(2) */

/* Plain data: copied into a request as it is. */
struct caller {
        pid_t pid;
        uid_t uid;
        gid_t gid;
        uint32_t auid, session; /* CALLER_UNSET: not logged in */
        uint64_t start_time;    /* in the kernel's clock ticks since it booted: polkit wants it beside the pid */
        char label[256];        /* of the security module; "": none, or not known */
        char terminal[64];      /* "pts/0"; "": none */
        char program[64];       /* what it calls itself (comm); "": not known. May hold any byte but NUL */
};

/* Why somebody was not identified: goes into the trail and to the caller. */
enum mismatch {
        MISMATCH_NONE,
        MISMATCH_NO_CREDENTIALS, /* the kernel gave none with the message */
        MISMATCH_PID,            /* another process sent this than the one that connected */
        MISMATCH_UID,            /* the same pid, and another uid or gid than the one that connected. So are all
                                  * messages of a setuid program: the kernel says its effective uid of a connection,
                                  * and its real one of a message that comes without credentials of its own */
        MISMATCH_DESCRIPTORS,    /* descriptors came with the message */
        MISMATCH_FOREIGN,        /* a process of another pid namespace: it has no pid here. (A message without the
                                  * kernel's credentials looks the same: see identity_begin()) */
        MISMATCH_ENDED,          /* it has ended; whoever has its pid now is somebody else */
        MISMATCH_TOKEN,          /* not the token that was handed out on this connection last, or a used one */
        MISMATCH_UNKNOWN,        /* /proc does not say who it is, or there is no descriptor or memory to ask it */
        MISMATCH_COUNT,
};

/* One sentence without a full stop: "another process sent this than the one that connected". */
const char *mismatch_text(enum mismatch mismatch);

/* One word for the trail: "pid", "token", ... */
const char *mismatch_word(enum mismatch mismatch);

/* What a connection knows of its caller. */
struct identity {
        struct caller caller;         /* pid, uid, gid from the start; the rest since identity_establish() */
        int process;                  /* pidfd; -1 before */
        char token[TOKEN_LENGTH + 1]; /* "": none, or used */
};

/*
 * Reads who made connection FD (SO_PEERCRED), and asks the kernel for credentials with every message from now on. Those
 * that were sent before accept(2) have them, too; between that and this, only where the listening socket had
 * SO_PASSCRED when the caller connected.
 */
enum mismatch identity_begin(int fd, struct identity *ret);
void identity_end(struct identity *identity); /* whatever identity_begin() said */

/*
 * recv(2) for a connection with an identity: up to SIZE bytes into BUFFER, without waiting, all of one sender (the
 * kernel never joins two). *RET is the number of bytes, 0 at the end, or a negative errno (-EAGAIN, -EINTR, ...) where
 * nothing was received. Where that sender is not the caller, or descriptors came, the mismatch is returned and *RET is
 * 0; the connection is to be ended then. *RET_SENDER, where not NULL, is the pid that sent them (0: not known).
 */
enum mismatch identity_receive(struct identity *identity, int fd, void *buffer, size_t size, ssize_t *ret,
                               pid_t *ret_sender);

/*
 * Opens the pidfd of who made connection FD, reads /proc and makes a token. Again: reads anew and makes another, the
 * one before is void, and the pidfd is the same, so that a connection is never a second process's.
 */
enum mismatch identity_establish(struct identity *identity, int fd);

/*
 * Takes the token back. Whatever the answer, it is used up. MISMATCH_NONE: it is the right one, and the process still
 * lives. Takes the same time wherever TOKEN differs.
 */
enum mismatch identity_prove(struct identity *identity, const char *token);

/* Whether the process of identity_establish() still lives: what MISMATCH_ENDED or _NONE says. */
enum mismatch identity_alive(const struct identity *identity);

#endif
