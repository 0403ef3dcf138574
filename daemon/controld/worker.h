/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Workers: a child of the daemon for each thing to do with the audit daemon.
 *
 * What a worker does can block (the kernel, a full disk, a hung audit daemon), changes the process for good (its
 * login), and must be seen through even if the requester is gone. So it is a process of its own, which holds nothing of
 * the daemon but one socket to it, and which says there what happens. It can be told to give up, until it has
 * signalled.
 */
#ifndef AUDITFAIL_WORKER_H
#define AUDITFAIL_WORKER_H

#include <systemd/sd-event.h>

#include "daemon/controld/auditd/task.h"
#include "daemon/controld/auditd/worker_message.h"

#define WORKERS_MAX       16 /* at once; of which one can be for a request that was granted: that always starts */
#define WORKER_GRACE_USEC 3000000ULL /* beyond its deadline: then it is killed, and given up */

struct worker;

/* Called for each message; worker_message_is_last() of the last one, which comes in any case. */
typedef void (*worker_message_fn)(const struct worker_message *message, void *data);

/*
 * Starts a worker for TASK. ON_NEWS is called from EVENT's loop, with DATA, until the last news.
 * Returns 0, -EBUSY (there are too many) or another negative errno. The worker is freed when its process has ended and
 * all news was told.
 */
int worker_start(sd_event *event, const struct task *task, worker_message_fn on_message, void *data,
                 struct worker **ret);

/* Asks it to give up. What becomes of that is in its last news: FAILURE_CANCELLED, or it was too late. */
void worker_cancel(struct worker *worker);

/* How many there are. */
size_t worker_count(void);

#endif
