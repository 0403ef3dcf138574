/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The longest wait of a program for the kernel's queue: "wait" in its policy file. Without this line, each thread only
 * looks the policy up in the snapshot, once a minute.
 *
 * With this line, wait_bound_is_reached() tries the queue before each record: it starts a process that sends an empty
 * message (send_aside.h). If the queue has room, the program sends the record itself. Otherwise another process sends
 * the record, and waits. The program goes on as soon as the kernel has the record.
 *
 * The bound is not exact: the queue may fill up after the empty message.
 *
 * Every function keeps errno, allocates nothing, is thread-safe and no cancellation point.
 */
#ifndef AUDITFAIL_WAIT_BOUND_H
#define AUDITFAIL_WAIT_BOUND_H

#include <stdbool.h>

#define WAIT_BOUND_FRESH_MS 60000 /* the policy is looked up again after this time, and a full queue is tried again */

/*
 * Whether the queue has no room within the bound. Waits that long; not again for WAIT_BOUND_FRESH_MS if it was full,
 * unless a record goes through promptly. Two processes and about twenty system calls.
 */
bool wait_bound_is_reached(void);

/* Between these two, the first message that this thread sends over FD is sent by another process. */
void wait_bound_begin(int fd);

/* Returns whether the kernel made that process wait. */
bool wait_bound_end(void);

#endif
