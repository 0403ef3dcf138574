/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The facts in proc(5) that matter to the audit records of a process. The process may end or execute at any time. */
#ifndef AUDITFAILCTL_PROCESS_H
#define AUDITFAILCTL_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "client/auditfailctl/subject/linkage.h"
#include "client/auditfailctl/subject/preload.h"

/* Unknown: the process belongs to another user, and only root sees the fact. */
enum tristate { TRISTATE_UNKNOWN = -1, TRISTATE_NO, TRISTATE_YES };

struct process {
        pid_t pid;
        pid_t inner_pid; /* its number in its own pid namespace */
        uid_t user;      /* the real ones */
        gid_t group;
        char name[16 + 1];      /* the kernel's short name for it */
        char *exe;              /* the file that it executes; NULL: not known */
        char *argv0;            /* without folders; NULL: not known, or the process has written a title over it */
        bool secure;            /* AT_SECURE: it got more rights than its caller had (getauxval(3)) */
        bool audit_write;       /* CAP_AUDIT_WRITE is effective */
        bool bounded;           /* the bounding set has no CAP_AUDIT_WRITE: no program that it starts gets it */
        bool common;            /* no uid is 0, and CAP_AUDIT_WRITE is not even permitted */
        bool filtered;          /* by seccomp: the kernel does not tell which calls */
        enum tristate initial;  /* it is in the initial user namespace, the one whose records the kernel takes */
        bool socket_hidden;     /* this process sees auditfaild's socket, and it does not */
        bool other_etc;         /* it sees another /etc than this process: a container's, or RootDirectory='s */
        bool mapped;            /* LINKAGE and PRELOADED are known */
        struct linkage linkage; /* of the mapped files */
        bool preloaded;         /* the preload library is among them */
        bool environment;       /* VARIABLES, of the environment that it was started with, are known */
        struct variables variables;
};

/* Whether PID is in the initial user namespace. */
enum tristate process_initial_namespace(pid_t pid);

/* Reads PID. Returns 0, -ESRCH if there is no such process, or another negative errno. The caller clears *RET. */
int process_read(pid_t pid, struct process *ret);

/* Forgets the program. Keeps what a program that the process starts inherits: rights, namespaces and environment. */
void process_forget_program(struct process *process);
void process_clear(struct process *process);

#endif
