/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/common/log.h"
#include "daemon/controld/auditd/carry_out.h"
#include "protocol/cleanup.h"

struct worker {
        sd_event_source *channel_source, *exit_source, *timer;
        int channel, process;
        pid_t pid; /* 0: the process has not been started */
        worker_message_fn on_message;
        void *data;
        _Atomic int *stage; /* of the task; NULL: none */
        bool signalled;     /* the audit daemon has its signal */
        bool forgotten;     /* by worker_forget() */
        bool over;          /* its last message was told */
        bool goes_on;       /* after its last message */
        LIST_ENTRY(worker) in_all;
};

/* A process has one set of children. */
static LIST_HEAD(, worker) all = LIST_HEAD_INITIALIZER(all);
static size_t workers, forgotten;

size_t worker_count(void) {
        return workers - forgotten;
}

/* The message of a worker that had more to do is for the log. */
static void log_later(const struct worker_message *message) {
        if (message->detail && *message->detail)
                log_line(message->failure != FAILURE_NONE ? LOG_ERR : LOG_NOTICE, "%s", message->detail);
}

static void tell(struct worker *worker, const struct worker_message *message) {
        worker_message_fn on_message = worker->on_message;

        worker->signalled |= message->signalled;
        if (worker_message_is_last(message)) {
                worker->on_message = NULL;
                worker->over = true;
                worker->goes_on = message->goes_on_usec > 0;
                if (worker->goes_on)
                        sd_event_source_set_time_relative(worker->timer, message->goes_on_usec + WORKER_GRACE_USEC);
        }
        if (on_message)
                on_message(message, worker->data);
}

static void worker_free(struct worker *worker) {
        sd_event_source_disable_unref(worker->channel_source);
        sd_event_source_disable_unref(worker->exit_source);
        sd_event_source_disable_unref(worker->timer);
        cleanup_fd(&worker->channel);
        cleanup_fd(&worker->process);
        workers--;
        forgotten -= worker->forgotten;
        LIST_REMOVE(worker, in_all);
        free(worker);
}

/*
 * Tells the last message for a worker that has not sent it. The worker may run for a moment after it was killed. So a
 * request that has not signalled auditd is called off first.
 */
static void tell_loss(struct worker *worker, const char *detail) {
        struct worker_message message = { .failure = FAILURE_FAILED, .lost = true, .detail = detail };
        int stage = STAGE_BEGUN;

        if (worker->over)
                return;
        if (worker->stage)
                atomic_compare_exchange_strong(worker->stage, &stage, STAGE_CALLED_OFF); /* STAGE: what it was */
        message.signalled = worker->signalled || stage == STAGE_SIGNALLED;
        message.unsure = !message.signalled && stage == STAGE_SIGNALLING;
        tell(worker, &message);
}

static void read_messages(struct worker *worker) {
        static char buffer[WORKER_MESSAGE_MAX];
        struct worker_message message;
        int r;

        while ((r = worker_message_receive(worker->channel, buffer, &message)) == 0)
                if (worker->over)
                        log_later(&message);
                else
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

static int on_process_end(sd_event_source *source, int fd, uint32_t revents, void *data) {
        struct worker *worker = data;
        siginfo_t info = { 0 };

        (void)source, (void)revents;
        if (waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG) < 0)
                log_line(LOG_ERR, "Cannot see how a worker (pid %d) ended: %m", worker->pid);
        else if (info.si_pid == 0)
                return 0;
        else if (info.si_code != CLD_EXITED || info.si_status != EXIT_SUCCESS)
                log_line(LOG_ERR, "A worker (pid %d) ended with %s %d", info.si_pid,
                         info.si_code == CLD_EXITED ? "status" : "signal", info.si_status);
        read_messages(worker);
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

/*
 * The child keeps standard streams and its end of the channel alone: a connection ends only when all copies of its
 * descriptor are closed.
 */
static _Noreturn void become_worker(worker_fn *run, const void *data, int channel) {
        const int own = STDERR_FILENO + 1;
        sigset_t none;

        if ((channel != own && dup2(channel, own) < 0) || close_range((unsigned)own + 1, ~0U, 0) < 0)
                _exit(EXIT_FAILURE);
        sigemptyset(&none);
        signal(SIGTERM, SIG_IGN); /* systemd sends it to all processes; the daemon tells its workers what to do */
        signal(SIGINT, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
        sigprocmask(SIG_SETMASK, &none, NULL);
        run(data, own);
        _exit(EXIT_SUCCESS);
}

/* Returns 0 or a negative errno. */
static int start_process(struct worker *worker, worker_fn *run, const void *data) {
        int channels[2];

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channels) < 0)
                return -errno;
        worker->channel = channels[0];

        cleanup(cleanup_fd) int childs = channels[1];
        pid_t pid = fork();

        if (pid < 0)
                return -errno;
        if (pid == 0)
                become_worker(run, data, childs);
        worker->pid = pid;
        worker->process = pidfd_open(pid, 0);
        return worker->process < 0 ? -errno : 0;
}

/*
 * Ends a process that has just been started, and whose channel is closed. The process ends also without the signal,
 * because of its channel. Not with kill(2), which the unit's filter forbids.
 */
static void end_process(pid_t pid) {
        cleanup(cleanup_fd) int process = pidfd_open(pid, 0);

        if (process >= 0)
                pidfd_send_signal(process, SIGKILL, NULL, 0);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                ;
}

/*
 * Not sd_event_add_child_pidfd(): if the kernel refuses to watch the pidfd, libsystemd 252 aborts. It also loses the
 * end of the process if it has no memory at that moment.
 */
static int watch(sd_event *event, struct worker *worker, uint64_t deadline_usec) {
        int r;

        if ((r = sd_event_add_io(event, &worker->channel_source, worker->channel, EPOLLIN, on_channel, worker)) < 0 ||
            (r = sd_event_add_io(event, &worker->exit_source, worker->process, EPOLLIN, on_process_end, worker)) < 0 ||
            (r = sd_event_add_time(event, &worker->timer, CLOCK_MONOTONIC, deadline_usec + WORKER_GRACE_USEC, 0,
                                   on_timeout, worker)) < 0)
                return r;
        return 0;
}

int worker_run(sd_event *event, const struct work *work, worker_message_fn on_message, void *data,
               struct worker **ret) {
        struct worker *worker;
        int r;

        if (work->workers_max > 0 && workers >= work->workers_max)
                return -EBUSY;
        worker = malloc(sizeof(*worker));
        if (!worker)
                return -ENOMEM;
        *worker = (struct worker){
                .channel = -1, .process = -1, .on_message = on_message, .data = data, .stage = work->stage
        };
        LIST_INSERT_HEAD(&all, worker, in_all);
        workers++;
        if ((r = start_process(worker, work->run, work->data)) < 0 ||
            (r = watch(event, worker, work->deadline_usec)) < 0) {
                pid_t pid = worker->pid;

                worker_free(worker); /* closes the channel, and frees descriptors for end_process() */
                if (pid > 0)
                        end_process(pid);
                return r;
        }
        *ret = worker;
        return 0;
}

/*
 * auditfaild's questions leave room for Status, and both leave room for the records of refusals: no caller can ask so
 * much that the trail lacks who was refused.
 */
static size_t workers_max(enum operation operation) {
        switch (operation) {
        case OPERATION_STATUS:
                return WORKERS_MAX + WORKERS_MAX / 2;
        case OPERATION_REFUSAL:
                return 2 * WORKERS_MAX;
        default:
                return 0;
        }
}

static void run_task(const void *task, int channel) {
        carry_out(&this_machine, task, channel);
}

int worker_start(sd_event *event, const struct task *task, worker_message_fn on_message, void *data,
                 struct worker **ret) {
        const struct work work = {
                .run = run_task,
                .data = task,
                .deadline_usec = task->deadline_usec,
                .stage = task->stage,
                .workers_max = workers_max(task->operation),
        };

        return worker_run(event, &work, on_message, data, ret);
}

/* The worker sees the end of file; its messages still arrive. */
void worker_cancel(struct worker *worker) {
        shutdown(worker->channel, SHUT_WR);
}

void worker_end_late(void) {
        struct worker *worker;

        LIST_FOREACH(worker, &all, in_all)
        if (worker->goes_on) {
                log_line(LOG_NOTICE, "A restart that was over its time is given up: auditd was told to stop");
                if (pidfd_send_signal(worker->process, SIGKILL, NULL, 0) < 0)
                        log_line(LOG_ERR, "Cannot kill a worker: %m");
        }
}

void worker_forget(struct worker *worker) {
        worker->on_message = NULL;
        worker->forgotten = true;
        forgotten++;
}
