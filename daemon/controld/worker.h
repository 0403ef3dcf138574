/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Workers: a child process for each request to auditd, and for each question to the kernel.
 *
 * A worker can block: in the kernel (for up to backlog_wait_time, 60 s, while the kernel's queue overflows: see the end
 * of audit_receive() in kernel/audit.c), on a full disk, on a hung auditd. It changes its login for good, and it must
 * finish a stop after its caller is gone. So it is another process. It inherits one socket of the daemon, and sends
 * messages over it. The daemon can cancel it until auditd has the signal.
 */
#ifndef AUDITFAIL_WORKER_H
#define AUDITFAIL_WORKER_H

#include <systemd/sd-event.h>

#include "daemon/controld/auditd/task.h"
#include "daemon/controld/auditd/worker_message.h"

#define WORKERS_MAX       16         /* at once, for auditfaild; others may have more (workers_max) */
#define WORKER_GRACE_USEC 3000000ULL /* after its deadline; then the daemon kills it */

struct worker;

/*
 * Called for each message; worker_message_is_last() of the last one, which comes in any case. If the worker was lost,
 * the last one says so, and what the stage of the task says about the signal.
 */
typedef void (*worker_message_fn)(const struct worker_message *message, void *data);

/*
 * Runs in the worker: sends messages to CHANNEL up to the last one, and returns early if CHANNEL ends. The worker
 * ignores SIGTERM, SIGINT and SIGHUP. DATA is a copy, made by fork(2).
 */
typedef void worker_fn(const void *data, int channel);

struct work {
        worker_fn *run;
        const void *data;
        uint64_t deadline_usec; /* monotonic */
        _Atomic int *stage;     /* of a task (task.h); NULL: none */
        size_t workers_max;     /* fails if there are that many workers; 0: starts in any case */
};

/*
 * Starts a worker for WORK. EVENT's loop calls ON_MESSAGE with DATA for each message, up to the last one. Returns 0,
 * -EBUSY (there are too many) or another negative errno. *RET is valid until the last message; it frees itself when
 * the process has ended.
 */
int worker_run(sd_event *event, const struct work *work, worker_message_fn on_message, void *data, struct worker **ret);

/*
 * The same for TASK, in carry_out(). The worker of an authorised request starts in any case. Status has half as many
 * places again as WORKERS_MAX, and records of refusals have twice as many.
 */
int worker_start(sd_event *event, const struct task *task, worker_message_fn on_message, void *data,
                 struct worker **ret);

/* Cancels the task, unless auditd has the signal. The last message is FAILURE_CANCELLED, or the task's result. */
void worker_cancel(struct worker *worker);

/* Ends the workers that go on after their last message. */
void worker_end_late(void);

/* Calls ON_MESSAGE no more. The worker may go on, but the daemon need not wait for it. */
void worker_forget(struct worker *worker);

/* How many there are, without those that were forgotten. */
size_t worker_count(void);

#endif
