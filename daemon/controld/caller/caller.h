/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Proves which process is calling, from the first byte of its connection to the last.
 *
 * SO_PEERCRED names the process that called connect(). It cannot be forged, but a connection can be passed on.
 * SCM_CREDENTIALS names the process that sent these bytes, but a sender with CAP_SYS_ADMIN may name any pid. So both
 * must agree for every message.
 *
 * A pid can be reused. So Identify opens a pidfd, reads /proc, and only then hands out a token. The token must come
 * back from the same pid while the process of the pidfd lives. That process then had the pid all the time from before
 * the token was known until it was used. So it is the sender, and what was read is about it. This holds since
 * Linux 5.3.
 *
 * Since Linux 6.5 the pidfd is that of the process that connected. Before, a caller can end before its Identify is
 * read, and the pidfd is that of the next process with its pid. Only that process can then use the token, and the
 * request is recorded as its request.
 *
 * Two cases look like the caller: a process that runs the code of another one, such as one that it traces; and a
 * process with CAP_SYS_ADMIN that got the connection passed and names the living caller. Both could do as much inside
 * the caller.
 */
#ifndef AUDITFAIL_CALLER_H
#define AUDITFAIL_CALLER_H

#include <stdint.h>
#include <sys/types.h>

#include "daemon/common/peer.h"

#define TOKEN_LENGTH 32 /* hexadecimal digits: 128 bits from getrandom(2) */

/* The peer of a connection, and what only this daemon wants to know of it. Plain data. */
struct caller {
        struct peer peer;    /* program: any bytes but NUL; "": not known */
        uint64_t start_time; /* in the kernel's clock ticks since it booted: for polkit, beside the pid */
        char label[256];     /* of the security module; "": none, or not known */
        char terminal[64];   /* "pts/0"; "": none */
};

/* Why a caller was not identified. */
enum mismatch {
        MISMATCH_NONE,
        MISMATCH_NO_CREDENTIALS, /* the kernel gave none with the message */
        MISMATCH_PID,            /* another process sent the message */
        MISMATCH_UID,            /* the same pid, with another uid or gid than when it connected. So are all messages of
                                  * a setuid program: the kernel names its effective uid for a connection, and its real
                                  * uid for a message without credentials */
        MISMATCH_DESCRIPTORS,    /* descriptors came with the message */
        MISMATCH_FOREIGN,        /* a process of another pid namespace, which has no pid here. (A message without the
                                  * kernel's credentials looks the same: see identity_begin()) */
        MISMATCH_ENDED,          /* the process has ended; another one may have its pid */
        MISMATCH_TOKEN,          /* not the last token of this connection, or a used one */
        MISMATCH_UNKNOWN,        /* /proc does not say, or there is no descriptor or memory left to ask it */
        MISMATCH_COUNT,
};

/* For the caller: a sentence without a full stop. */
const char *mismatch_text(enum mismatch mismatch);

/* For the audit trail: "pid", "token", ... */
const char *mismatch_word(enum mismatch mismatch);

/* The proof that a connection's bytes are its caller's. */
struct identity {
        struct caller caller;         /* pid, uid and gid from the start; the rest after identity_establish() */
        int process;                  /* pidfd; -1 before identity_establish() */
        char token[TOKEN_LENGTH + 1]; /* "": none, or used */
};

/*
 * Reads which process made connection FD, and asks the kernel for credentials with every message from now on. Messages
 * that were sent before have them only if the listening socket had SO_PASSCRED when the caller connected.
 */
enum mismatch identity_begin(int fd, struct identity *ret);
void identity_end(struct identity *identity); /* also after a mismatch of identity_begin() */

/*
 * Receives up to SIZE bytes of one sender (the kernel never joins two) into BUFFER, without waiting. *RET is their
 * number, 0 at the end, or a negative errno. If the sender is not the caller, or descriptors came, it returns the
 * mismatch with *RET = 0; the connection must be closed then. *RET_SENDER (may be NULL) is the sender's pid; 0: not
 * known.
 */
enum mismatch identity_receive(struct identity *identity, int fd, void *buffer, size_t size, ssize_t *ret,
                               pid_t *ret_sender);

/*
 * Opens the pidfd of the process that made connection FD, reads /proc and makes a token. When called again, it keeps
 * the pidfd, reads /proc anew, and makes another token; the old one is void.
 */
enum mismatch identity_establish(struct identity *identity, int fd);

/* Takes the token back, right or wrong. MISMATCH_NONE: it is the right one, and the process lives. */
enum mismatch identity_prove(struct identity *identity, const char *token);

/*
 * MISMATCH_ENDED if the process of identity_establish() has ended, MISMATCH_UNKNOWN if the kernel does not say, which
 * is logged; else MISMATCH_NONE.
 */
enum mismatch identity_alive(const struct identity *identity);

#endif
