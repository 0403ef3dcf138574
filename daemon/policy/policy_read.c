/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/policy/policy_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "protocol/cleanup.h"

#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

int policy_open_folder(const struct policy_trust *trust, const struct policy_folder *from, const char *name,
                       const char *path, int *ret_fd) {
        cleanup(cleanup_fd) int fd = -1;
        struct stat st;
        int r = policy_walk(trust, from, name, path, OPEN_FLAGS | O_DIRECTORY, &fd);

        if (r < 0)
                return r;
        /* Needs the permission to enter. Without this check, each file would be reported if only listing is allowed. */
        if (fstatat(fd, ".", &st, 0) < 0) {
                int error = errno;

                policy_fault_open(trust->problems, path, POLICY_FOLDER_MODE, path, error);
                return -error;
        }
        *ret_fd = TAKE_FD(fd);
        return policy_check_writers(trust, path, &st) ? 0 : -EPERM;
}

/* Opens the file. If that fails, leaves *RET_FD as it is, and sets *RET_FINDING. */
static int open_file(const struct policy_trust *trust, const struct policy_folder *folder, const char *name,
                     const char *path, int *ret_fd, enum finding *ret_finding) {
        /* One call is enough for nearly all files, because they are no links. */
        int fd = openat(folder->fd, name, OPEN_FLAGS | O_NOFOLLOW), r = fd < 0 ? -errno : 0;

        if (fd >= 0)
                *ret_fd = fd;
        else if (r != -ENOENT)
                r = policy_walk(trust, folder, name, path, OPEN_FLAGS, ret_fd);
        if (r == -EMFILE || r == -ENFILE || r == -ENOMEM)
                return r;
        if (r < 0)
                *ret_finding = r == -ENOENT ? FINDING_ABSENT : FINDING_BROKEN;
        return 0;
}

/*
 * Reads up to SIZE, the size from fstat(), or up to the end if the file has changed since. Returns the length, or a
 * negative errno.
 */
static ssize_t read_all(int fd, off_t size, char buffer[POLICY_BUFFER_SIZE]) {
        size_t length = 0;

        while (length < POLICY_BUFFER_SIZE) {
                ssize_t bytes = TEMP_FAILURE_RETRY(read(fd, buffer + length, POLICY_BUFFER_SIZE - length));

                if (bytes < 0)
                        return -errno;
                length += (size_t)bytes;
                if (bytes == 0 || length == (size_t)size)
                        break;
        }
        return (ssize_t)length;
}

static void report_unread(const char *path, ssize_t length, struct diagnostics *problems) {
        char expected[32];

        snprintf(expected, sizeof(expected), "at most %d bytes", POLICY_FILE_MAX);
        if (length < 0)
                diagnostics_error(problems, path, NULL, "cannot be read: %s", strerror((int)-length));
        else
                diagnostics_error(problems, path, expected, "too long");
}

/* Checks owner, mode and text of an open regular file. Returns whether all are good. */
static bool read_regular(const struct policy_trust *trust, int fd, const struct stat *st, const char *path,
                         char buffer[POLICY_BUFFER_SIZE], struct policy_file *ret) {
        bool trusted = policy_check_writers(trust, path, st);
        ssize_t length = read_all(fd, st->st_size, buffer);

        if (length < 0 || length > POLICY_FILE_MAX) {
                report_unread(path, length, trust->problems);
                return false;
        }
        return policy_file_parse(path, buffer, (size_t)length, ret, trust->problems) == 0 && trusted;
}

int policy_read(const struct policy_trust *trust, const struct policy_folder *folder, const char *name,
                const char *path, char buffer[POLICY_BUFFER_SIZE], struct policy_file *ret, enum finding *ret_finding) {
        cleanup(cleanup_fd) int fd = -1;
        struct stat st;
        int r = open_file(trust, folder, name, path, &fd, ret_finding);

        if (r < 0 || fd < 0)
                return r;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)) { /* /dev/null */
                *ret_finding = FINDING_MASK;
                return 0;
        }
        if (!S_ISREG(st.st_mode)) {
                diagnostics_error(trust->problems, path, POLICY_FAULT_FILE, "not a regular file");
                *ret_finding = FINDING_BROKEN;
                return 0;
        }
        *ret_finding = read_regular(trust, fd, &st, path, buffer, ret) ? FINDING_USED : FINDING_BROKEN;
        return 0;
}
