/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is at the other end of a connection. pid, uid and gid are the kernel's (SO_PEERCRED: the process that called
 * connect()); the rest is read from /proc, and believed when a pidfd says afterwards that the process still lives.
 *
 * auid and session are the kernel's word, too. program is what the process calls itself, and anyone can call a program
 * anything: good for finding a policy and for the log, not for deciding what somebody may do.
 */
#ifndef AUDITFAIL_PEER_H
#define AUDITFAIL_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "protocol/vocabulary.h"

#define PEER_UNSET ((uint32_t)-1) /* the kernel's own value for "no login": AUDIT_UID_UNSET, AUDIT_SID_UNSET */

struct peer {
        pid_t pid; /* 0: not known, such as a process of another pid namespace */
        uid_t uid;
        gid_t gid;
        uint32_t auid, session;                 /* PEER_UNSET: not logged in, or not known */
        char program[APPLICATION_NAME_MAX + 1]; /* short name, where that is a valid application name; else "" */
        char unit[128];                         /* the system's service or scope; "": not known, or none */
        char exe[256];                          /* "": not known: only root and the same user may read the link.
                                                 * '?' stands for control characters */
};

/* pid, uid and gid of the process that made connection FD; the rest is empty. Returns 0 or a negative errno. */
int peer_credentials(int fd, struct peer *ret);

/*
 * A pidfd of the process that made connection FD, whose pid was PID then. Returns it, for the caller to close; -ESRCH
 * when that process is gone; another negative errno where this process ran out of something.
 *
 * Before Linux 6.5 (SO_PEERPIDFD) the pid is all there is, and a process that connected, passed the connection on and
 * died may have left its pid to another, which this is a pidfd of then. *RET_SURE is false there.
 */
int peer_process(int fd, pid_t pid, bool *ret_sure);

/*
 * Fills in the rest, for a peer that peer_credentials() has filled in. What cannot be learned stays empty. Returns 0;
 * -ESRCH when the process is gone (or may be another by now) and nothing is known of it; another negative errno where
 * this process ran out of something.
 *
 * Waits for nobody. The kernel keeps 15 bytes of a program's name; the whole name is in the process's own memory, which
 * can take as long to read as the process likes, so it is read for root's and this user's own processes alone.
 */
int peer_learn(int fd, struct peer *peer);

/*
 * 1 or 0: whether process PID holds capability NUMBER in effect, as /proc says; or a negative errno where that cannot
 * be learned. Nothing to grant anything for: PID may be another process's by now, and root of a user namespace that
 * anybody may make holds every capability, there.
 */
int peer_has_capability(pid_t pid, unsigned number);

#endif
