/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * auditd's log for fuzz targets: a folder in memory that lasts as long as the process, and answers in place of those of
 * the kernel that would take most of the time of a run. To be included once.
 */
#ifndef AUDITFAIL_QUICK_LOG_H
#define AUDITFAIL_QUICK_LOG_H

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

#define LOGS 8 /* auditd.conf(5)'s num_logs */

/* FOLDER is "" before the first run. A run sets OLDEST to 0: the highest number that one of its files may have. */
static struct {
        char folder[32], path[64];
        unsigned oldest;
} quick_log;

/*
 * The kernel takes milliseconds to end a watch with inotify. The targets look without events, so the descriptor only
 * has to be one that has none.
 */
int inotify_init1(int flags) {
        (void)flags;
        return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

int inotify_add_watch(int fd, const char *path, uint32_t mask) {
        (void)fd, (void)path, (void)mask;
        return 1;
}

/* Whether NAME is that of a log with a number that no run makes. Else, a search asks the kernel for 999 names. */
static bool is_never_there(const char *name) {
        const char *dot = strrchr(name, '.');

        return dot && dot[1] >= '0' && dot[1] <= '9' && atoi(dot + 1) > LOGS;
}

int fstatat(int folder, const char *name, struct stat *st, int flags) {
        if (!is_never_there(name))
                return (int)syscall(SYS_newfstatat, folder, name, st, flags);
        errno = ENOENT;
        return -1;
}

/* No caller makes a file with it. */
int openat(int folder, const char *name, int flags, ...) {
        if (!is_never_there(name))
                return (int)syscall(SYS_openat, folder, name, flags, 0);
        errno = ENOENT;
        return -1;
}

static void quick_log_name(unsigned number, char ret[static 80]) {
        snprintf(ret, 80, number == 0 ? "%s" : "%s.%u", quick_log.path, number);
}

/* Renames each file to the next number, as auditd does. Makes no new file. */
static void quick_log_rotate(void) {
        char from[80], to[80];

        quick_log.oldest += quick_log.oldest < LOGS;
        for (unsigned number = quick_log.oldest; number > 0; number--) {
                quick_log_name(number - 1, from);
                quick_log_name(number, to);
                CHECK(rename(from, to) == 0 || errno == ENOENT);
        }
}

static void quick_log_add(const char *bytes, size_t length) {
        int fd = open(quick_log.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

        CHECK(fd >= 0);
        CHECK(write(fd, bytes, length) == (ssize_t)length);
        close(fd);
}

static void quick_log_clear(void) {
        char name[80];

        for (unsigned number = 0; number <= quick_log.oldest; number++) {
                quick_log_name(number, name);
                unlink(name);
        }
        quick_log.oldest = 0;
}

static void quick_log_remove_folder(void) {
        quick_log_clear();
        rmdir(quick_log.folder);
}

static void quick_log_make_folder(void) {
        if (*quick_log.folder)
                return;
        strcpy(quick_log.folder, "/dev/shm/fuzz-log-XXXXXX");
        CHECK(mkdtemp(quick_log.folder));
        snprintf(quick_log.path, sizeof(quick_log.path), "%s/audit.log", quick_log.folder);
        atexit(quick_log_remove_folder);
}

#endif
