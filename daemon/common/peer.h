/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process at the other end of a connection. pid, uid and gid come from the kernel (SO_PEERCRED: the process that
 * called connect()). The rest comes from /proc, and is used only if a pidfd says afterwards that the process lives.
 *
 * The kernel sets auid and session, too. The process chooses its program name, and any process may use any name: good
 * for finding a policy and for the log, not for granting anything.
 */
#ifndef AUDITFAIL_PEER_H
#define AUDITFAIL_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "protocol/vocabulary.h"

#define PEER_UNSET ((uint32_t)-1) /* the kernel's value for "no login": AUDIT_UID_UNSET, AUDIT_SID_UNSET */

/* Plain data. */
struct peer {
        pid_t pid; /* 0: not known, such as a process of another pid namespace */
        uid_t uid;
        gid_t gid;
        uint32_t auid, session;                 /* PEER_UNSET: not logged in, or not known */
        char program[APPLICATION_NAME_MAX + 1]; /* short name; "": not known */
        bool login_known;                       /* auid and session are what the kernel says */
};

/* Where the process comes from; plain data. */
struct peer_origin {
        char unit[128]; /* the system's, such as a service or scope; "": not known, or none */
        char exe[256];  /* "": not known, as only root and the same user may read it; '?' for control characters */
};

/* Sets pid, uid and gid of the process that made connection FD. Returns 0 or a negative errno. */
int peer_credentials(int fd, struct peer *ret);

/*
 * Opens a pidfd of the process that made connection FD, whose pid was PID then. Returns it, for the caller to close;
 * -ESRCH if that process is gone; another negative errno if this process has no descriptor or memory left.
 *
 * Before Linux 6.5 (SO_PEERPIDFD) there is only the pid, and *RET_SURE is false. A process that connected, passed the
 * connection on and ended may have left its pid to another process, and the pidfd is that one's then.
 */
int peer_process(int fd, pid_t pid, bool *ret_sure);

/*
 * Completes PEER, which peer_credentials() has set, and fills in ORIGIN. What /proc does not say stays empty; program
 * is a valid application name, or empty. Returns 0; -ESRCH if the process is gone or may be another one by now, and
 * nothing was filled in; another negative errno if this process has no descriptor or memory left.
 * ORIGIN is NULL: completes only the login, which is quicker.
 *
 * Does not wait. The kernel keeps 15 bytes of a program's name. The whole name is in the process's own memory, and a
 * process can make that read take as long as it likes. So only root's and this user's own processes are read there.
 */
int peer_learn(int fd, struct peer *peer, struct peer_origin *origin);

/*
 * Whether /proc says that process PID has capability NUMBER in effect: 1 or 0, or a negative errno. Do not grant
 * anything for it: PID can be another process by now, and any user can hold all capabilities in a user namespace.
 */
int peer_has_capability(pid_t pid, unsigned number);

#endif
