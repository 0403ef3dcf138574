/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/subject/regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "client/common/text.h"
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

char *regular_file_read(const char *path, size_t max, size_t *ret_size) {
        cleanup(cleanup_fd) int fd = regular_file_open(path);
        struct stat status;

        if (fd < 0 || fstat(fd, &status) < 0)
                return NULL;
        if ((size_t)status.st_size < max)
                max = (size_t)status.st_size;
        cleanup(cleanup_free) char *bytes = malloc(max + 1);
        if (!bytes)
                out_of_memory();
        *ret_size = 0;
        for (ssize_t n; *ret_size < max && (n = read(fd, bytes + *ret_size, max - *ret_size)) > 0;)
                *ret_size += (size_t)n;
        bytes[*ret_size] = 0;
        return TAKE_PTR(bytes);
}
