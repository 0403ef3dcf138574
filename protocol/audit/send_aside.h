/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sends to the kernel's auditing without waiting for a full queue.
 *
 * If more records than backlog_limit wait, the kernel makes every sender wait: for up to backlog_wait_time (60 s),
 * uninterruptibly, in sendto(), whatever was sent. It first queues the record and acknowledges it. See the end of
 * audit_receive() in kernel/audit.c. So another process can do the waiting, and no record is at risk.
 *
 * That process is a child of a child that ends at once: it belongs to process 1, or to a subreaper. The caller gets no
 * SIGCHLD, and its own wait() does not see the first child. The process closes all files but the socket, so that no
 * reader of a pipe waits for it. A thread could not do this: exit and exec wait for all threads.
 *
 * The kernel writes the pid of that process into the record. Login, user, session, label and the text are the caller's.
 *
 * Needs libc alone, allocates nothing. Every function is thread-safe, async-signal-safe, keeps errno, and is no
 * cancellation point.
 */
#ifndef AUDITFAIL_SEND_ASIDE_H
#define AUDITFAIL_SEND_ASIDE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether the kernel's queue has room: whether an empty message, as that of audit_probe(), goes through within
 * TIMEOUT_MS. Any user may ask. Also returns true if that cannot be found out. About fifteen system calls and two
 * processes.
 */
bool audit_queue_has_room(unsigned timeout_ms);

/*
 * Sends the SIZE bytes of DATA over FD, a socket of audit_open() without a pending answer. Waits at most TIMEOUT_MS for
 * the acknowledgement, and does not read it. Returns 0, -ETIMEDOUT if there was none in time (the record may follow),
 * -ECHILD if no process could be started and nothing was sent, or the negative errno of sendto(). RET_WAITS: whether
 * the kernel made that process wait for longer than SEND_ASIDE_PROMPT_MS.
 */
int audit_send_aside(int fd, const void *data, size_t size, unsigned timeout_ms, bool *ret_waits);

#define SEND_ASIDE_PROMPT_MS 50

#endif
