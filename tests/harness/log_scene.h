/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * auditd's log for tests, in a folder of its own, and a watch on it:
 *
 *      SCENE;
 *      begin(&scene);
 *      add_records(&scene, 1, 3);
 *      rotate(&scene);
 *      expect_just(&scene, 1, 3);
 */
#ifndef AUDITFAIL_LOG_SCENE_H
#define AUDITFAIL_LOG_SCENE_H

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/controld/auditd/log_watch.h"
#include "protocol/cleanup.h"

#define LOGS 5 /* auditd.conf(5)'s num_logs in these tests */

/* auditd's folder, and a watch on the log in it. */
struct scene {
        char folder[32], path[64];
        struct log_watch *watch;
};

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void)st;
        (void)type;
        (void)ftw;
        return remove(path);
}

static inline void scene_start(struct scene *scene) {
        *scene = (struct scene){ .folder = "/tmp/test-log-XXXXXX" };
        cr_assert(mkdtemp(scene->folder));
        snprintf(scene->path, sizeof(scene->path), "%s/audit.log", scene->folder);
}

static inline void scene_end(struct scene *scene) {
        scene->watch = log_watch_free(scene->watch);
        cr_assert_eq(nftw(scene->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

#define SCENE                                                                                                          \
        cleanup(scene_end) struct scene scene;                                                                         \
        scene_start(&scene)

struct name {
        char path[80];
};

/* Of PATH.NUMBER; 0 is PATH. */
static inline struct name log_name(const struct scene *scene, unsigned number) {
        struct name name;

        if (number == 0)
                snprintf(name.path, sizeof(name.path), "%s", scene->path);
        else
                snprintf(name.path, sizeof(name.path), "%s.%u", scene->path, number);
        return name;
}

static inline void add_bytes(const char *path, const char *bytes, size_t length) {
        cleanup(cleanup_fd) int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

        cr_assert_geq(fd, 0, "%s: %m", path);
        cr_assert_eq(write(fd, bytes, length), (ssize_t)length);
}

static inline void add(const struct scene *scene, const char *text) {
        add_bytes(scene->path, text, strlen(text));
}

/* Records that are numbered FROM to TO, as auditd writes them. */
static inline void add_records(const struct scene *scene, unsigned from, unsigned to) {
        cleanup(cleanup_free) char *text = NULL;
        size_t length;
        FILE *stream = open_memstream(&text, &length);

        cr_assert(stream);
        for (unsigned serial = from; serial <= to; serial++)
                fprintf(stream, "type=USER_CMD msg=audit(1700000000.123:%u): pid=12 uid=0 auid=1000 ses=3 msg='op=x'\n",
                        serial);
        cr_assert_eq(fclose(stream), 0);
        add_bytes(scene->path, text, length);
}

static inline void begin(struct scene *scene) {
        int r = log_watch_new(scene->path, &scene->watch);

        cr_assert_eq(r, 0, "%s", strerror(-r));
}

/* That the next records are those numbered FROM to TO. */
static inline void expect_records(const struct scene *scene, unsigned from, unsigned to) {
        struct log_record record;

        for (unsigned serial = from; serial <= to; serial++) {
                int r = log_watch_next(scene->watch, &record);

                cr_assert_eq(r, 1, "%d instead of record %u", r, serial);
                cr_assert_eq(record.serial, serial, "record %u instead of %u", (unsigned)record.serial, serial);
        }
}

static inline void expect_end(const struct scene *scene) {
        struct log_record record;
        int r = log_watch_next(scene->watch, &record);

        cr_assert_eq(r, 0, "%d, and record %u", r, r > 0 ? (unsigned)record.serial : 0);
}

static inline void expect_just(const struct scene *scene, unsigned from, unsigned to) {
        expect_records(scene, from, to);
        expect_end(scene);
}

/* A step of auditd's rotation: 0 renames the last but one, LOGS - 2 renames PATH itself, LOGS - 1 makes the new one. */
static inline void rotate_step(const struct scene *scene, unsigned step) {
        unsigned number = LOGS - 2 - step;

        if (step == LOGS - 1)
                add(scene, "");
        else if (rename(log_name(scene, number).path, log_name(scene, number + 1).path) < 0)
                cr_assert_eq(errno, ENOENT);
}

static inline void rotate(const struct scene *scene) {
        for (unsigned step = 0; step < LOGS; step++)
                rotate_step(scene, step);
}

/* Makes a file so and so many seconds older than it is. */
static inline void make_older(const char *path, time_t seconds) {
        struct timespec times[2];
        struct stat st;

        cr_assert_eq(stat(path, &st), 0);
        times[0] = times[1] = (struct timespec){ .tv_sec = st.st_mtim.tv_sec - seconds };
        cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static inline bool is_readable(const struct scene *scene) {
        struct pollfd ready = { .fd = log_watch_fd(scene->watch), .events = POLLIN };

        return poll(&ready, 1, 0) == 1;
}

#endif
