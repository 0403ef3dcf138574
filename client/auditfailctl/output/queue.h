/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds out whether the kernel's audit queue is full, and whether auditd reads it. Any user can. */
#ifndef AUDITFAILCTL_QUEUE_H
#define AUDITFAILCTL_QUEUE_H

#include <stdbool.h>
#include <sys/types.h>

#define QUEUE_TIMEOUT_MS 1000  /* the kernel answers within microseconds, unless the sender waits for the queue */
#define QUEUE_UNREAD_MIN 65536 /* bytes; fewer are no sign that auditd hangs */

struct queue {
        bool full;            /* every audit message waits: the caller must not ask the kernel */
        pid_t auditd;         /* 0: not found; hidden by the mount options of /proc, for example */
        bool stopped;         /* auditd, by a signal or a debugger */
        unsigned long unread; /* bytes that wait in auditd's socket */
};

/* Waits at most QUEUE_TIMEOUT_MS. */
void queue_find(struct queue *ret);

/* Says what is wrong, and what helps; NULL if nothing is wrong. The caller frees it. */
char *queue_text(const struct queue *queue);

#endif
