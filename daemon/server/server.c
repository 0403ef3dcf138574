/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/common/log.h"
#include "daemon/common/peer.h"
#include "daemon/server/events.h"
#include "daemon/server/user.h"
#include "protocol/cleanup.h"
#include "protocol/clock.h"
#include "protocol/message_ids.h"

#define LISTENERS_MAX        16
#define EVENTS_AT_ONCE       1024  /* many: turns are fair only among connections that are known to be ready */
#define ACCEPTS_AT_ONCE      128   /* from a busy listening socket, before connections have their turn */
#define BUSY_STREAK          8     /* a listening socket that is ready so often in a row may be busy */
#define QUIET_STREAK         1000  /* as often again, if only one connection waited then */
#define TURNS_AT_ONCE        8     /* before new connections, timers and signals have theirs */
#define DESCRIPTORS_RESERVED 32    /* for listening sockets, policy files, the journal, /proc */
#define CONNECTIONS_MAX      16384 /* their kernel buffers must fit into MemoryMax= of the unit */
#define SWEEP_MSEC           500
#define REFUSED_LOG_USEC     10000000ULL
#define REFUSED_REPLIES      1000 /* between two messages about refused connections in the log */

struct listener {
        int fd;
        bool ready;
        bool paused; /* accept(2) has failed: try again at the next sweep */
        int streak;  /* how often in a row it was ready, after -QUIET_STREAK perhaps */
};

struct server {
        struct events events;
        struct varlink_service service;
        int epoll_fd;
        int spare_fd; /* closed to accept, and close, a connection when descriptors run out */
        struct listener listeners[LISTENERS_MAX];
        size_t listener_count;
        struct users users;
        uint64_t timeouts[DEADLINE_COUNT];
        uint64_t now;         /* monotonic microseconds, when this iteration of the loop began */
        uint64_t sweep_at;    /* when to check the deadlines; 0: there are none */
        uint64_t closed_usec; /* as in struct server_figures */
        bool event_changed;   /* a source was added while a call was served */
        uint64_t refused, refused_logged, refused_logged_at;
        uid_t uid;
        TAILQ_HEAD(, user) turn; /* users with a ready connection, the next one first */
        TAILQ_HEAD(connections, connection)
        deadlines[DEADLINE_COUNT]; /* in the order of time: all of one queue have the same time limit */
        struct shared shared;
};

void server_event_changed(struct server *server) {
        server->event_changed = true;
}

uint64_t server_now(const struct server *server) {
        return server->now;
}

void server_figures(const struct server *server, struct server_figures *ret) {
        *ret = (struct server_figures){
                .connections = server->users.connections,
                .closed_usec = server->closed_usec,
                .users = server->users.count,
                .refused = server->refused,
        };
}

static void forget_turn(struct connection *connection) {
        struct user *user = connection->user;

        if (!connection->queued)
                return;
        connection->queued = false;
        TAILQ_REMOVE(&user->ready, connection, in_ready);
        if (TAILQ_EMPTY(&user->ready))
                TAILQ_REMOVE(&connection->server->turn, user, in_turn);
}

void server_wake(struct connection *connection) {
        struct server *server = connection->server;
        struct user *user = connection->user;

        if (connection->queued)
                return;
        connection->queued = true;
        if (TAILQ_EMPTY(&user->ready))
                TAILQ_INSERT_TAIL(&server->turn, user, in_turn);
        TAILQ_INSERT_TAIL(&user->ready, connection, in_ready);
}

static void sweep_soon(struct server *server) {
        if (server->sweep_at == 0)
                server->sweep_at = server->now + SWEEP_MSEC * 1000ULL;
}

/* Progress restarts the time: replies that the peer has read, calls that were answered. */
static void set_deadline(struct server *server, struct connection *connection) {
        enum deadline deadline = connection_waits_for(connection);
        bool restart = deadline == DEADLINE_READING ? connection->flushed : connection->answered;

        /* Root and the daemon's own user may stay idle for as long as they like. */
        if (deadline == DEADLINE_IDLE && (connection->user->uid == 0 || connection->user->uid == server->uid))
                deadline = DEADLINE_NONE;
        if (deadline == connection->deadline && (!restart || deadline == DEADLINE_NONE))
                return;
        TAILQ_REMOVE(&server->deadlines[connection->deadline], connection, in_deadlines);
        TAILQ_INSERT_TAIL(&server->deadlines[deadline], connection, in_deadlines);
        connection->deadline = deadline;
        if (deadline == DEADLINE_NONE)
                return;
        connection->deadline_usec = server->now + server->timeouts[deadline];
        sweep_soon(server);
}

static void close_connection(struct connection *connection) {
        struct server *server = connection->server;

        forget_turn(connection);
        TAILQ_REMOVE(&server->deadlines[connection->deadline], connection, in_deadlines);
        /* Epoll reports a connection while any process has a copy of its descriptor, such as a child just forked. */
        if (connection->watched)
                epoll_ctl(server->epoll_fd, EPOLL_CTL_DEL, connection->fd, NULL);
        connection_release(connection);
        server->closed_usec = server->now;
        user_disconnect(&server->users, connection->user);
        free(connection);
}

static void open_spare(struct server *server) {
        if (server->spare_fd >= 0)
                return;
        server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (server->spare_fd < 0)
                sweep_soon(server);
}

/* If the kernel refuses the change, the next sweep tries to watch the socket again. */
static void watch_listener(struct server *server, struct listener *listener, bool watch) {
        struct epoll_event event = { .events = watch ? EPOLLIN : 0, .data.ptr = listener };
        int r = epoll_ctl(server->epoll_fd, EPOLL_CTL_MOD, listener->fd, &event);

        if (r < 0)
                log_line(LOG_ERR, "Cannot watch a listening socket: %m. Trying again");
        listener->paused = r < 0 || !watch;
        if (listener->paused)
                sweep_soon(server);
}

/* Closes connections that are past their deadline, and plans the next sweep if others have one. */
static void sweep(struct server *server) {
        struct connection *connection;

        server->sweep_at = 0;
        open_spare(server);
        for (size_t i = 0; i < server->listener_count; i++)
                if (server->listeners[i].paused)
                        watch_listener(server, &server->listeners[i], true);
        for (int d = DEADLINE_IDLE; d < DEADLINE_COUNT; d++) {
                while ((connection = TAILQ_FIRST(&server->deadlines[d])) && connection->deadline_usec <= server->now)
                        close_connection(connection);
                if (connection)
                        sweep_soon(server);
        }
}

/* Watches for room in the output buffer only if output waits: else each reply that a client reads would wake us. */
static int watch_connection(struct connection *connection) {
        uint32_t events = EPOLLIN | EPOLLRDHUP | EPOLLET | (connection->out_length > 0 ? EPOLLOUT : 0);
        int operation = connection->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
        struct epoll_event event = { .events = events, .data.ptr = connection };

        if (connection->watched == events)
                return 0;
        if (epoll_ctl(connection->server->epoll_fd, operation, connection->fd, &event) < 0)
                return -errno;
        connection->watched = events;
        return 0;
}

static void log_refused(struct server *server, const char *why) {
        server->refused++;
        if (server->refused_logged_at != 0 && server->now - server->refused_logged_at < REFUSED_LOG_USEC)
                return;
        log_event(LOG_WARNING, AUDITFAIL_MESSAGE_SHED_STR,
                  "Refused or closed a connection: %s (%llu refused since the last message, %zu connections of %zu "
                  "users)",
                  why, (unsigned long long)(server->refused - server->refused_logged), server->users.connections,
                  server->users.count);
        server->refused_logged = server->refused;
        server->refused_logged_at = server->now;
}

static void serve(struct server *server, struct connection *connection) {
        enum after_turn after = dispatch(&server->service, connection);
        int r = after == AFTER_TURN_WAIT ? watch_connection(connection) : 0;

        if (r < 0)
                connection->error = -r;
        if (connection->error > 0)
                log_refused(server, strerror(connection->error));
        if (connection->error > 0 || after == AFTER_TURN_CLOSE) {
                close_connection(connection);
                return;
        }
        set_deadline(server, connection);
        if (after == AFTER_TURN_AGAIN)
                server_wake(connection);
}

/* Serves one connection of the first user in the queue, and so on. */
static void take_turns(struct server *server) {
        for (int turns = 0; turns < TURNS_AT_ONCE && !TAILQ_EMPTY(&server->turn); turns++) {
                struct user *user = TAILQ_FIRST(&server->turn);
                struct connection *connection = TAILQ_FIRST(&user->ready);

                TAILQ_REMOVE(&server->turn, user, in_turn);
                TAILQ_REMOVE(&user->ready, connection, in_ready);
                connection->queued = false;
                if (!TAILQ_EMPTY(&user->ready))
                        TAILQ_INSERT_TAIL(&server->turn, user, in_turn);
                serve(server, connection);
        }
}

static int add_connection(struct server *server, int fd) {
        struct peer peer;
        struct connection *connection;
        struct user *user;

        int r = peer_credentials(fd, &peer);
        if (r < 0)
                return r;
        user = user_connect(&server->users, peer.uid);
        if (!user)
                return -errno;
        connection = malloc(sizeof(*connection));
        if (!connection) {
                user_disconnect(&server->users, user);
                return -ENOMEM;
        }
        *connection = (struct connection){
                .server = server,
                .shared = &server->shared,
                .user = user,
                .fd = fd,
                .pid = peer.pid,
                .gid = peer.gid,
                .deadline = DEADLINE_NONE,
        };
        TAILQ_INSERT_TAIL(&server->deadlines[DEADLINE_NONE], connection, in_deadlines);
        if (server->shared.hooks)
                server->shared.hooks->admit(connection, server->shared.context);
        /* Most clients have already sent their call: serve it now. Epoll watches the connection only if it stays. */
        server_wake(connection);
        return 0;
}

/*
 * Descriptors or memory ran out (CAUSE). Closes the connection that is idle for the longest time. If none is idle,
 * closes the new connection: its client reads the snapshot at once, instead of after its time limit. Returns whether to
 * accept again.
 */
static bool shed_load(struct server *server, int listen_fd, int cause) {
        struct connection *idle = TAILQ_FIRST(&server->deadlines[DEADLINE_IDLE]);
        int fd;

        if (idle) {
                close_connection(idle);
                log_refused(server, strerror(cause));
                return true;
        }
        if (server->spare_fd < 0)
                return false;
        close(TAKE_FD(server->spare_fd));
        fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
                close(fd);
                log_refused(server, strerror(cause));
        }
        open_spare(server);
        return fd >= 0;
}

/*
 * The caller may have sent its call already. It gets the error as the reply, unless so many are refused that this would
 * delay others.
 */
static void refuse_connection(struct server *server, int fd, int error) {
        const char *reply = error == EDQUOT ? server->service.no_connection : NULL;

        if (reply && server->refused - server->refused_logged < REFUSED_REPLIES)
                send(fd, reply, strlen(reply) + 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        log_refused(server, error == EDQUOT ? "the user's connection limit is reached" : strerror(error));
        close(fd);
}

/*
 * Usually one connection waits. To find out that no other one does takes a system call, which would delay its client.
 * So accept one connection at a time, until the listening socket is busy. One client that asks again and again makes it
 * look busy, and does not delay others.
 */
static void accept_some(struct server *server, struct listener *listener) {
        int batch = listener->streak == BUSY_STREAK ? ACCEPTS_AT_ONCE : 1;

        if (listener->streak < BUSY_STREAK)
                listener->streak++;
        for (int accepted = 0; accepted < batch; accepted++) {
                int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), r;

                if (fd < 0) {
                        if (errno == EINTR || errno == ECONNABORTED)
                                continue;
                        if (errno != EAGAIN) {
                                if (shed_load(server, listener->fd, errno))
                                        continue;
                                watch_listener(server, listener, false);
                        }
                        listener->streak = accepted == 1 ? -QUIET_STREAK : 0;
                        return;
                }
                r = add_connection(server, fd);
                if (r < 0)
                        refuse_connection(server, fd, -r);
        }
}

/*
 * Only marks what is ready. To serve a connection here could free another one of EVENTS. Returns whether sd-event is
 * ready.
 */
static bool note_events(struct server *server, const struct epoll_event *events, int count) {
        bool event_ready = false;

        for (int i = 0; i < count; i++) {
                struct listener *listener = events[i].data.ptr;
                struct connection *connection = events[i].data.ptr;

                if (!events[i].data.ptr)
                        event_ready = true;
                else if (listener >= server->listeners && listener < server->listeners + LISTENERS_MAX)
                        listener->ready = true;
                else {
                        connection->drained &= !(events[i].events & EPOLLIN);
                        connection->ending |= (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
                        connection->gone |= (events[i].events & (EPOLLHUP | EPOLLERR)) != 0;
                        server_wake(connection);
                }
        }
        return event_ready;
}

/* How long epoll may wait, at most LIMIT_MSEC (-1: no limit). */
static int wait_msec(const struct server *server, int limit_msec) {
        if (!TAILQ_EMPTY(&server->turn))
                return 0;
        if (server->sweep_at != 0 && (limit_msec < 0 || limit_msec > SWEEP_MSEC))
                return SWEEP_MSEC;
        return limit_msec;
}

int server_round(struct server *server, int limit_msec) {
        struct epoll_event events[EVENTS_AT_ONCE];
        bool event_ready, busy = !TAILQ_EMPTY(&server->turn);
        int count = epoll_wait(server->epoll_fd, events, EVENTS_AT_ONCE, wait_msec(server, limit_msec)), r;

        if (count < 0 && errno != EINTR)
                return -errno;
        server->now = monotonic_usec();
        event_ready = note_events(server, events, count);
        for (size_t i = 0; i < server->listener_count; i++) {
                struct listener *listener = &server->listeners[i];

                if (listener->ready)
                        accept_some(server, listener);
                else
                        listener->streak = 0;
                listener->ready = false;
        }
        take_turns(server);
        if (server->sweep_at != 0 && server->sweep_at <= server->now)
                sweep(server);
        if (event_ready || server->event_changed || server->events.failing) {
                server->event_changed = false;
                if ((r = events_run(&server->events)) < 0)
                        return r;
                if (server->events.failing)
                        sweep_soon(server); /* limits the wait for the next try */
        }
        return busy || count > 0;
}

int server_run(struct server *server) {
        int r = events_run(&server->events);

        while (r >= 0 && sd_event_get_state(server->events.event) != SD_EVENT_FINISHED)
                r = server_round(server, -1);
        if (r < 0) {
                log_line(LOG_ERR, "The event loop failed: %s", strerror(-r));
                return r;
        }
        sd_event_get_exit_code(server->events.event, &r);
        return r;
}

int server_listen(struct server *server, int fd) {
        struct listener *listener = &server->listeners[server->listener_count];
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = listener };

        if (server->listener_count == LISTENERS_MAX)
                return -E2BIG;
        int flags = fcntl(fd, F_GETFL);

        if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
            epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
                return -errno;
        *listener = (struct listener){ .fd = fd };
        server->listener_count++;
        return 0;
}

static size_t connections_allowed(void) {
        struct rlimit limit = { 0 };

        getrlimit(RLIMIT_NOFILE, &limit);
        if (limit.rlim_cur <= DESCRIPTORS_RESERVED)
                return 1;
        if (limit.rlim_cur - DESCRIPTORS_RESERVED > CONNECTIONS_MAX)
                return CONNECTIONS_MAX;
        return limit.rlim_cur - DESCRIPTORS_RESERVED;
}

int server_new(sd_event *event, const struct varlink_service *service, unsigned idle_timeout_sec, struct server **ret) {
        struct server *server = calloc(1, sizeof(*server));
        int r;

        if (!server)
                return -ENOMEM;
        server->events.event = sd_event_ref(event);
        server->service = *service;
        server->shared.hooks = service->hooks;
        server->shared.context = service->context;
        server->shared.parameters = (struct json_wanted){ .count = service->interface->parameter_count,
                                                          .names = service->interface->parameters,
                                                          .values = server->shared.values };
        server->uid = geteuid();
        server->timeouts[DEADLINE_IDLE] = idle_timeout_sec * 1000000ULL;
        server->timeouts[DEADLINE_MESSAGE] = MESSAGE_TIMEOUT_SEC * 1000000ULL;
        server->timeouts[DEADLINE_READING] = READING_TIMEOUT_SEC * 1000000ULL;
        users_init(&server->users, connections_allowed());
        TAILQ_INIT(&server->turn);
        for (int d = 0; d < DEADLINE_COUNT; d++)
                TAILQ_INIT(&server->deadlines[d]);
        server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);

        if (server->spare_fd < 0 || server->epoll_fd < 0)
                r = -errno;
        else if (epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, sd_event_get_fd(event),
                           &(struct epoll_event){ .events = EPOLLIN }) < 0)
                r = -errno;
        else {
                server->now = monotonic_usec();
                *ret = server;
                return 0;
        }
        server_free(server);
        return r;
}

struct server *server_free(struct server *server) {
        struct connection *connection;

        if (!server)
                return NULL;
        for (int d = 0; d < DEADLINE_COUNT; d++)
                while ((connection = TAILQ_FIRST(&server->deadlines[d])))
                        close_connection(connection);
        if (server->epoll_fd >= 0)
                close(server->epoll_fd);
        if (server->spare_fd >= 0)
                close(server->spare_fd);
        sd_event_unref(server->events.event);
        free(server);
        return NULL;
}
