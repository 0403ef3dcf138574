/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dictionary: json.dict */
/*
 * auditfaild's whole server with clients of four users, in one process. The input is what the clients send, and what
 * happens meanwhile: bytes of enum moment are that, all others are sent. Whatever the clients do: each reply is a JSON
 * object, nothing outlives its time limit, and nothing is left of a client that is gone.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "daemon/auditfaild/reload.h"
#include "daemon/auditfaild/report_budget.h"
#include "daemon/auditfaild/service_policy.h"
#include "daemon/auditfaild/state.h"
#include "protocol/cleanup.h"
#include "protocol/json/json_reader.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate_json.h"

#define CLIENTS     4
#define INPUT_MAX   (64 * 1024)
#define REPLY_DEPTH 16
#define TIME_STEP   3   /* seconds */
#define TIME_LONG   100 /* longer than each time limit */

/* None of these bytes is in UTF-8. */
enum moment {
        MOMENT_NEXT = 0xf7, /* another client sends from now on */
        MOMENT_SEND,        /* what came before is sent now */
        MOMENT_READ,
        MOMENT_CLOSE,
        MOMENT_HALF_CLOSE,
        MOMENT_TIME,
        MOMENT_RELOAD, /* the load ends that a client has asked for */
        MOMENT_SEND_FD,
};

struct client {
        int fd; /* -1: not connected */
        char heard[2 * REPLY_MAX];
        size_t length;
};

static sd_event *event;
static struct sockaddr_un address = { .sun_family = AF_UNIX };
static socklen_t address_length;
static int listener = -1;
static struct auditfaild state;
static struct client clients[CLIENTS];
static size_t current;
static time_t skew; /* seconds, by which the clock of the server is ahead */
static struct {
        reload_done *done;
        void *data;
} waiting[CLIENTS];

/* The first client is root, or who runs this. The others are users that nobody is. */
int getsockopt(int fd, int level, int name, void *value, socklen_t *length) {
        int r = (int)syscall(SYS_getsockopt, fd, level, name, value, length);

        if (r == 0 && level == SOL_SOCKET && name == SO_PEERCRED && current > 0)
                ((struct ucred *)value)->uid = (uid_t)(100000 + current);
        return r;
}

int clock_gettime(clockid_t clock, struct timespec *t) {
        int r = (int)syscall(SYS_clock_gettime, clock, t);

        t->tv_sec += clock == CLOCK_MONOTONIC ? skew : 0;
        return r;
}

/* Nothing is reported, and files are not loaded: threads would make runs that no input repeats. */
bool reporter_submit(struct reporter *reporter, const struct decision *decision) {
        (void)reporter, (void)decision;
        return true;
}

bool reporter_trail_works(const struct reporter *reporter) {
        (void)reporter;
        return true;
}

int reload_request(struct reloader *reloader, reload_done *done, void *userdata) {
        (void)reloader;
        for (size_t i = 0; i < CLIENTS; i++)
                if (!waiting[i].done) {
                        waiting[i].done = done;
                        waiting[i].data = userdata;
                        return 0;
                }
        return -ENOMEM;
}

void reload_forget(struct reloader *reloader, const void *userdata) {
        (void)reloader;
        for (size_t i = 0; i < CLIENTS; i++)
                if (waiting[i].data == userdata)
                        waiting[i].done = NULL;
}

static void finish_reload(void) {
        for (size_t i = 0; i < CLIENTS; i++) {
                reload_done *done = waiting[i].done;

                waiting[i].done = NULL;
                if (done)
                        done(&state, 0, true, waiting[i].data);
        }
        monitors_reload(&state.monitors, ++state.generation, &(struct monitor_reload){ .ok = true, .changed = true });
}

static void settle(void) {
        while (server_round(state.server, 0) > 0)
                ;
}

static void pass_time(time_t seconds) {
        skew += seconds;
        settle();
}

/* REPLY has a NUL behind it. */
static void check_reply(const char *reply, size_t length) {
        struct json_value value;

        CHECK(is_utf8(reply, length));
        CHECK(json_read(reply, length, REPLY_DEPTH, &value) && json_is_object(value));
}

/* Returns whether the server has closed the connection. */
static bool hear(struct client *client) {
        ssize_t count;

        for (;;) {
                char *end;

                count = recv(client->fd, client->heard + client->length, sizeof(client->heard) - client->length,
                             MSG_DONTWAIT);
                if (count <= 0)
                        break;
                client->length += (size_t)count;
                while ((end = memchr(client->heard, '\0', client->length))) {
                        size_t length = (size_t)(end - client->heard);

                        check_reply(client->heard, length);
                        client->length -= length + 1;
                        memmove(client->heard, end + 1, client->length);
                }
                CHECK(client->length < sizeof(client->heard));
                settle();
        }
        return count == 0 || errno != EAGAIN;
}

static void hang_up(struct client *client) {
        if (client->fd >= 0)
                close(client->fd);
        client->fd = -1;
        client->length = 0;
        settle();
}

static void send_bytes(struct client *client, const uint8_t *bytes, size_t length, bool with_fd) {
        char control[CMSG_SPACE(sizeof(int))] = { 0 };
        struct iovec part = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = length };
        struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

        if (client->fd < 0) {
                client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
                CHECK(client->fd >= 0);
                CHECK(connect(client->fd, (struct sockaddr *)&address, address_length) == 0);
        }
        if (with_fd) {
                message.msg_control = control;
                message.msg_controllen = sizeof(control);
                *CMSG_FIRSTHDR(&message) = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
                                                             .cmsg_type = SCM_RIGHTS,
                                                             .cmsg_len = CMSG_LEN(sizeof(int)) };
                memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &listener, sizeof(int));
        }
        if (length > 0)
                (void)!sendmsg(client->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        settle();
}

static void happen(uint8_t moment) {
        struct client *client = &clients[current];

        if (moment == MOMENT_NEXT)
                current = (current + 1) % CLIENTS;
        else if (moment == MOMENT_TIME)
                pass_time(TIME_STEP);
        else if (moment == MOMENT_RELOAD)
                finish_reload();
        else if (client->fd < 0)
                ;
        else if (moment == MOMENT_CLOSE || (moment == MOMENT_READ && hear(client)))
                hang_up(client);
        else if (moment == MOMENT_HALF_CLOSE)
                shutdown(client->fd, SHUT_WR);
        settle();
}

static void play(const uint8_t *data, size_t size) {
        size_t sent = 0;

        for (size_t i = 0; i <= size; i++) {
                if (i < size && data[i] < MOMENT_NEXT)
                        continue;
                if (i > sent)
                        send_bytes(&clients[current], data + sent, i - sent, i < size && data[i] == MOMENT_SEND_FD);
                if (i < size)
                        happen(data[i]);
                sent = i + 1;
        }
}

/* Only root's connection and monitors may stay for longer than each time limit. */
static void check_limits(void) {
        struct server_figures figures;

        pass_time(TIME_LONG);
        pass_time(TIME_LONG); /* a reply to what came late may have begun meanwhile */
        server_figures(state.server, &figures);
        CHECK(figures.connections <= state.monitors.count + (clients[0].fd >= 0));
        for (size_t i = 0; i < CLIENTS; i++)
                hang_up(&clients[i]);
        pass_time(TIME_STEP);
        server_figures(state.server, &figures);
        CHECK(figures.connections == 0 && figures.users == 0 && state.monitors.count == 0);
}

static void add_policy(const char *application, enum auditfail_action action) {
        const struct policy_file rules = { .base = { .action = action, .line = 1 } };
        const uint8_t findings[PLACE_COUNT] = { FINDING_USED };

        CHECK(policy_append(state.policy, application, &rules, findings) == 0);
}

static void set_up(void) {
        char name[16];

        CHECK(sd_event_new(&event) == 0);
        snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "auditfail-fuzz-%d", (int)getpid());
        address_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(address.sun_path + 1));
        listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        CHECK(listener >= 0 && bind(listener, (struct sockaddr *)&address, address_length) == 0);
        CHECK(listen(listener, CLIENTS) == 0);
        state = (struct auditfaild){
                .event = event, .runtime = "/nonexistent", .uid = geteuid(), .monitors.uid = geteuid()
        };
        CHECK(policy_new("", &state.policy) == 0);
        for (int i = 0; i < 100; i++) { /* two pages of List */
                snprintf(name, sizeof(name), "a%03d", i);
                add_policy(name, (enum auditfail_action)(i % ACTION_COUNT));
        }
        add_policy("passwd", AUDITFAIL_LOG);
        for (size_t i = 0; i < CLIENTS; i++)
                clients[i].fd = -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const struct varlink_service service = { .product = "auditfaild",
                                                 .interface = &policy_interface,
                                                 .context = &state };

        if (size > INPUT_MAX)
                return 0;
        if (listener < 0)
                set_up();
        state.generation = 1;
        current = 0;
        CHECK(budgets_new(TRAIL_SYSTEM, &state.budgets) == 0);
        CHECK(ratelimit_new(100, &state.kernel_questions) == 0);
        CHECK(server_new(event, &service, IDLE_TIMEOUT_SEC, &state.server) == 0);
        CHECK(server_listen(state.server, listener) == 0);
        play(data, size);
        check_limits();
        state.server = server_free(state.server);
        monitors_clear(&state.monitors);
        ratelimit_free(state.kernel_questions);
        budgets_free(state.budgets);
        memset(waiting, 0, sizeof(waiting));
        return 0;
}
