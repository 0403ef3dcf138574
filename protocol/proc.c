/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol/cleanup.h"

int proc_open(pid_t pid) {
        char path[32];
        int folder;

        snprintf(path, sizeof(path), "/proc/%d", pid);
        folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        return folder < 0 ? -errno : folder;
}

ssize_t proc_read(int folder, const char *name, char *buffer, size_t size) {
        cleanup(cleanup_fd) int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        ssize_t length = fd < 0 ? -1 : read(fd, buffer, size - 1), r = length < 0 ? -errno : length;

        buffer[length < 0 ? 0 : length] = 0;
        return r;
}

int proc_read_id(int folder, const char *name, uint32_t *ret) {
        char text[32], *end;
        ssize_t length = proc_read(folder, name, text, sizeof(text));
        unsigned long value;

        if (length < 0)
                return (int)length;
        value = strtoul(text, &end, 10);
        if (end == text || (*end && strcmp(end, "\n") != 0) || value > UINT32_MAX)
                return -EBADMSG;
        *ret = (uint32_t)value;
        return 0;
}

int proc_read_status(int folder, const char *label, unsigned index, int base, uint64_t *ret) {
        char text[4096], *end;
        ssize_t length = proc_read(folder, "status", text, sizeof(text));

        if (length < 0)
                return (int)length;

        /* The program's name comes first, but the kernel escapes newlines in it. */
        const char *number = strstr(text, label);

        if (!number)
                return -ENODATA;
        number += strlen(label);
        for (unsigned i = 0; i <= index; i++, number = end) {
                *ret = strtoull(number, &end, base);
                if (end == number)
                        return -ENODATA;
        }
        return 0;
}

bool proc_has_ended(int pidfd) {
        struct pollfd process = { .fd = pidfd, .events = POLLIN };
        int ready;

        do
                ready = poll(&process, 1, 0);
        while (ready < 0 && errno == EINTR);
        return ready != 0;
}
