/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

/* A descriptor, and which file it is. */
static struct {
        atomic_int fd; /* plus 1; 0: none */
        _Atomic(ino_t) inode;
        _Atomic(pid_t) owner;
} all[KEPT_COUNT];

static bool is_same(enum kept which, int fd, struct stat *status) {
        return fd >= 0 && fstat(fd, status) == 0 && status->st_ino == all[which].inode;
}

bool keep_has(enum kept which) {
        struct stat status;

        return is_same(which, all[which].fd - 1, &status);
}

void keep(enum kept which, int fd) {
        int before = all[which].fd, copy = fcntl(fd, F_DUPFD_CLOEXEC, KEEP_MIN);
        struct stat status;

        if (copy < 0)
                return;
        if (keep_has(which) || fstat(copy, &status) < 0 ||
            !atomic_compare_exchange_strong(&all[which].fd, &before, copy + 1)) {
                close(copy); /* another thread was quicker */
                return;
        }
        all[which].inode = status.st_ino;
        all[which].owner = getpid();
}

int keep_connection(void) {
        int fd = atomic_exchange(&all[KEPT_CONNECTION].fd, 0) - 1;
        struct stat status;

        /* Not closed otherwise: it is not ours any more, or is the parent's, too. */
        return all[KEPT_CONNECTION].owner == getpid() && is_same(KEPT_CONNECTION, fd, &status) ? fd : -ENOENT;
}

void keep_connection_back(int fd) {
        all[KEPT_CONNECTION].fd = fd + 1;
}

int keep_snapshot(uint64_t *ret_size) {
        int fd = all[KEPT_SNAPSHOT].fd - 1;
        struct stat status;

        if (!is_same(KEPT_SNAPSHOT, fd, &status))
                return -ENOENT;
        *ret_size = (uint64_t)status.st_size;
        return fd;
}
