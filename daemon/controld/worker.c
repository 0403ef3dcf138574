/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/common/log.h"
#include "daemon/controld/auditd/carry_out.h"
#include "daemon/controld/child.h"
#include "protocol/cleanup.h"
#include "protocol/clock.h"

struct worker {
        sd_event_source *channel_source, *exit_source, *timer;
        int channel, process;
        worker_message_fn on_message;
        void *data;
        bool signalled; /* the audit daemon has its signal */
};

/* A process has one set of children. */
static size_t workers;
static uint64_t last_end;

size_t worker_count(void) {
        return workers;
}

uint64_t worker_last_end(void) {
        return last_end;
}

static void tell(struct worker *worker, const struct worker_message *message) {
        worker_message_fn on_message = worker->on_message;

        worker->signalled |= message->signalled;
        if (worker_message_is_last(message))
                worker->on_message = NULL;
        if (on_message)
                on_message(message, worker->data);
}

static void worker_free(struct worker *worker) {
        sd_event_source_disable_unref(worker->channel_source);
        sd_event_source_disable_unref(worker->exit_source);
        sd_event_source_disable_unref(worker->timer);
        cleanup_fd(&worker->channel);
        cleanup_fd(&worker->process);
        free(worker);
        workers--;
        last_end = monotonic_usec();
}

/* The last message, in the name of a worker that has not sent it. */
static void tell_loss(struct worker *worker, const char *detail) {
        tell(worker, &(struct worker_message){
                             .failure = worker->signalled ? FAILURE_NO_EFFECT : FAILURE_FAILED,
                             .signalled = worker->signalled,
                             .detail = detail,
                     });
}

static void read_messages(struct worker *worker) {
        static char buffer[WORKER_MESSAGE_MAX];
        struct worker_message message;
        int r;

        while ((r = worker_message_receive(worker->channel, buffer, &message)) == 0)
                tell(worker, &message);
        if (r != -EAGAIN && r != -EPIPE)
                log_line(LOG_ERR, "Cannot receive from a worker: %s", strerror(-r));
}

static int on_channel(sd_event_source *source, int fd, uint32_t revents, void *data) {
        (void)fd;
        read_messages(data);
        if (revents & (EPOLLHUP | EPOLLERR))
                sd_event_source_set_enabled(source, SD_EVENT_OFF);
        return 0;
}

static int on_process_end(sd_event_source *source, const siginfo_t *info, void *data) {
        struct worker *worker = data;

        (void)source;
        read_messages(worker);
        if (info->si_code != CLD_EXITED || info->si_status != EXIT_SUCCESS)
                log_line(LOG_ERR, "A worker (pid %d) ended with %s %d", info->si_pid,
                         info->si_code == CLD_EXITED ? "status" : "signal", info->si_status);
        tell_loss(worker, "the process that carried out the request has ended unexpectedly");
        worker_free(worker);
        return 0;
}

/* The kernel may hold even a worker that is killed, so the caller is told at once. */
static int on_timeout(sd_event_source *source, uint64_t usec, void *data) {
        struct worker *worker = data;

        (void)source, (void)usec;
        log_line(LOG_ERR, "A worker is over its time: killing it");
        if (pidfd_send_signal(worker->process, SIGKILL, NULL, 0) < 0)
                log_line(LOG_ERR, "Cannot kill a worker: %m");
        read_messages(worker);
        tell_loss(worker, "the process that carried out the request did not end in time and was killed");
        return 0;
}

static void run(const void *task, int channel) {
        carry_out(&this_machine, task, channel);
}

static int watch(sd_event *event, struct worker *worker, uint64_t deadline_usec) {
        int r;

        if ((r = sd_event_add_io(event, &worker->channel_source, worker->channel, EPOLLIN, on_channel, worker)) < 0 ||
            (r = sd_event_add_child_pidfd(event, &worker->exit_source, worker->process, WEXITED, on_process_end,
                                          worker)) < 0 ||
            (r = sd_event_add_time(event, &worker->timer, CLOCK_MONOTONIC, deadline_usec + WORKER_GRACE_USEC, 0,
                                   on_timeout, worker)) < 0)
                return r;
        return 0;
}

int worker_start(sd_event *event, const struct task *task, worker_message_fn on_message, void *data,
                 struct worker **ret) {
        struct worker *worker = malloc(sizeof(*worker));
        int r;

        if (!worker)
                return -ENOMEM;
        if (workers >= WORKERS_MAX && (task->operation == OPERATION_STATUS || task->operation == OPERATION_REFUSAL)) {
                free(worker);
                return -EBUSY;
        }
        *worker = (struct worker){ .on_message = on_message, .data = data };
        workers++;
        r = child_start(run, task, &worker->channel, &worker->process);
        if (r == 0)
                r = watch(event, worker, task->deadline_usec);
        if (r < 0) {
                /* Without its channel the worker gives up at once. It is a zombie until the daemon ends. */
                worker_free(worker);
                return r;
        }
        *ret = worker;
        return 0;
}

/* The worker sees the end of file; its messages still arrive. */
void worker_cancel(struct worker *worker) {
        shutdown(worker->channel, SHUT_WR);
}
