/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What /proc tells of a process that matters to its audit records (proc(5)). It may end or execute meanwhile. */
#ifndef AUDITFAILCTL_PROCESS_H
#define AUDITFAILCTL_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "client/auditfailctl/subject/variables.h"

/* What cannot be seen, since the process is another user's. */
enum sight { SIGHT_UNKNOWN = -1, SIGHT_NO, SIGHT_YES };

struct process {
        pid_t pid;
        pid_t inner_pid; /* as it sees itself, in its own pid namespace */
        uid_t user;      /* the real ones */
        gid_t group;
        char name[16 + 1];    /* the kernel's short name for it */
        char *exe;            /* the file that it executes; NULL: not known */
        char *called;         /* by its argv[0], less folders; NULL: not known, or a title written over it */
        enum sight secure;    /* AT_SECURE is set: it got more rights than its caller had (getauxval(3)) */
        bool audit_write;     /* CAP_AUDIT_WRITE is effective */
        bool bounded;         /* its bounding set has no CAP_AUDIT_WRITE: nothing that it starts can have it */
        bool common;          /* no uid of it is 0, and CAP_AUDIT_WRITE is not even permitted */
        bool filtered;        /* by seccomp: the kernel does not tell which calls */
        enum sight initial;   /* it is in the initial user namespace, the one whose records the kernel takes */
        enum sight socket;    /* it sees auditfaild's socket, where this process does */
        bool elsewhere;       /* it sees another /etc than this process: a container's, or RootDirectory='s */
        bool mapped;          /* what is mapped into it is known: */
        bool audit, pam;      /* libaudit and what calls it, libpam and what starts PAM */
        bool stub, preloaded; /* libauditfail, libauditfail-preload */
        bool environment;     /* what it was started with is known: */
        struct variables variables;
};

/* Whether PID is in the initial user namespace. */
enum sight process_initial_namespace(pid_t pid);

/* Reads PID. Returns 0; -ESRCH where there is none; or another negative errno. The caller clears *RET. */
int process_read(pid_t pid, struct process *ret);
void process_clear(struct process *process);

#endif
