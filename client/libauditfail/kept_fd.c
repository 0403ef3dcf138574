/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/libauditfail/kept_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/stat.h>

#define NONE    (-ENOENT)
#define FILLING (-EBUSY) /* a thread is writing device and inode */

/* A descriptor, and its file. */
static struct {
        atomic_int fd;
        _Atomic(dev_t) device;
        _Atomic(ino_t) inode;
} all[KEPT_COUNT] = { { .fd = NONE }, { .fd = NONE } };

static bool is_same(enum kept which, int fd) {
        struct stat status;

        return fd >= 0 && fstat(fd, &status) == 0 && status.st_dev == all[which].device &&
               status.st_ino == all[which].inode;
}

int kept_fd_get(enum kept which) {
        int fd = all[which].fd;

        return is_same(which, fd) ? fd : NONE;
}

void kept_fd_keep(enum kept which, int fd) {
        int before = all[which].fd;
        struct stat status;

        if (before == FILLING || is_same(which, before) || fstat(fd, &status) < 0)
                return;
        if (!atomic_compare_exchange_strong(&all[which].fd, &before, FILLING))
                return; /* another thread was quicker */

        int copy = fcntl(fd, F_DUPFD_CLOEXEC, KEPT_FD_MIN);
        all[which].device = status.st_dev;
        all[which].inode = status.st_ino;
        all[which].fd = copy < 0 ? NONE : copy;
}
