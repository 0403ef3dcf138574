/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/auditfaild/kernel_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocol/cleanup.h"
#include "protocol/json/json_reader.h"
#include "protocol/json/json_writer.h"
#include "protocol/well_known.h"

#define CALL_MAX   256
#define ANSWER_MAX 1024
#define DEPTH_MAX  8

struct kernel_check {
        int fd;
        sd_event_source *readable, *late;
        kernel_check_done *done;
        void *userdata;
        size_t length; /* of the reply so far */
        char reply[ANSWER_MAX];
};

struct kernel_check *kernel_check_free(struct kernel_check *check) {
        if (!check)
                return NULL;
        sd_event_source_disable_unref(check->readable);
        sd_event_source_disable_unref(check->late);
        cleanup_fd(&check->fd);
        free(check);
        return NULL;
}

static void cleanup_check(struct kernel_check **check) {
        kernel_check_free(*check);
}

/* DONE may free CHECK: nothing is done with it afterwards. */
static void finish(struct kernel_check *check, const struct kernel_answer *answer) {
        sd_event_source_set_enabled(check->readable, SD_EVENT_OFF);
        sd_event_source_set_enabled(check->late, SD_EVENT_OFF);
        check->done(answer, check->userdata);
}

static bool read_answer(const char *reply, size_t length, struct kernel_answer *ret) {
        static const char *const names[] = { "enabled", "excluded", "pressed", "lost" };
        struct json_value message, values[sizeof(names) / sizeof(names[0])];
        int64_t lost;

        if (!json_read(reply, length, DEPTH_MAX, &message) || !json_absent(json_member(message, "error")))
                return false;
        json_members(json_member(message, "parameters"), sizeof(names) / sizeof(names[0]), names, values);
        if (!json_get_boolean(values[0], &ret->enabled) || !json_get_boolean(values[1], &ret->excluded) ||
            !json_get_boolean(values[2], &ret->pressed) || !json_get_integer(values[3], &lost) || lost < 0 ||
            lost > UINT32_MAX)
                return false;
        ret->lost = (uint32_t)lost;
        return true;
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct kernel_check *check = userdata;
        struct kernel_answer answer;
        ssize_t bytes = recv(fd, check->reply + check->length, sizeof(check->reply) - check->length, MSG_DONTWAIT);

        (void)source, (void)events;
        if (bytes < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;

        const char *end = bytes > 0 ? memchr(check->reply + check->length, 0, (size_t)bytes) : NULL;

        if (bytes > 0)
                check->length += (size_t)bytes;
        if (end)
                finish(check, read_answer(check->reply, (size_t)(end - check->reply), &answer) ? &answer : NULL);
        else if (bytes <= 0 || check->length == sizeof(check->reply))
                finish(check, NULL);
        return 0;
}

static int on_late(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source, (void)usec;
        finish(userdata, NULL);
        return 0;
}

/* A connection to the control daemon, or a negative errno; -EAGAIN where its backlog is full. */
static int connect_to(const char *folder) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        cleanup(cleanup_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return -errno;
        if (strlen(folder) + sizeof("/" CONTROL_INTERFACE) > sizeof(address.sun_path))
                return -ENAMETOOLONG;
        strcpy(stpcpy(address.sun_path, folder), "/" CONTROL_INTERFACE);
        if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                return -errno;
        return TAKE_FD(fd);
}

/* A new connection has room for a call. */
static int send_call(int fd, unsigned type, pid_t pid) {
        char call[CALL_MAX];
        struct json_writer w = JSON_WRITER(call, sizeof(call));

        json_object_begin(&w, NULL);
        json_string(&w, "method", "io.auditfail.Control.Kernel");
        json_object_begin(&w, "parameters");
        json_integer(&w, "type", type);
        json_integer(&w, "pid", pid);
        json_object_end(&w);
        json_object_end(&w);

        size_t length = json_finish(&w);

        return send(fd, call, length, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)length ? 0 : -EIO;
}

int kernel_check_start(sd_event *event, const char *folder, unsigned type, pid_t pid, kernel_check_done *done,
                       void *userdata, struct kernel_check **ret) {
        cleanup(cleanup_fd) int fd = connect_to(folder);

        if (fd < 0)
                return fd;
        cleanup(cleanup_check) struct kernel_check *check = calloc(1, sizeof(*check));
        if (!check)
                return -ENOMEM;
        *check = (struct kernel_check){ .fd = TAKE_FD(fd), .done = done, .userdata = userdata };

        int r = send_call(check->fd, type, pid);
        if (r < 0 || (r = sd_event_add_io(event, &check->readable, check->fd, EPOLLIN, on_readable, check)) < 0 ||
            (r = sd_event_add_time_relative(event, &check->late, CLOCK_MONOTONIC, KERNEL_CHECK_USEC, 0, on_late,
                                            check)) < 0)
                return r;
        *ret = check;
        check = NULL;
        return 0;
}
