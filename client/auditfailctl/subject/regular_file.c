/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/subject/regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "protocol/cleanup.h"

int regular_file_find(const char *path, struct stat *ret) {
        cleanup(cleanup_fd) int fd = open(path, O_PATH | O_CLOEXEC);

        if (fd < 0 || fstat(fd, ret) < 0)
                return -errno;
        return S_ISREG(ret->st_mode) ? TAKE_FD(fd) : -EACCES;
}

int regular_file_reopen(int fd) {
        char link[sizeof("/proc/self/fd/") + 10];

        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        int r = open(link, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        return r < 0 ? -errno : r;
}

int regular_file_open(const char *path) {
        struct stat status;
        cleanup(cleanup_fd) int fd = regular_file_find(path, &status);

        return fd < 0 ? fd : regular_file_reopen(fd);
}
