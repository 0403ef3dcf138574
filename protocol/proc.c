/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "protocol/cleanup.h"

#define PROC "/proc/"

/* Reads digits of BASE (10 or 16). Returns what follows them, or NULL if there are none or the number is too large. */
static const char *read_digits(const char *text, unsigned base, uint64_t *ret) {
        static const char digits[] = "0123456789abcdef";
        const char *start = text, *digit;

        for (*ret = 0; *text && (digit = memchr(digits, *text, base)); text++)
                if (__builtin_mul_overflow(*ret, base, ret) || __builtin_add_overflow(*ret, digit - digits, ret))
                        return NULL;
        return text > start ? text : NULL;
}

int proc_open(pid_t pid) {
        char buffer[32], *path = buffer + sizeof(buffer) - 1;

        *path = 0;
        for (unsigned rest = (unsigned)pid; *path == 0 || rest > 0; rest /= 10)
                *--path = (char)('0' + rest % 10);
        path -= strlen(PROC);
        memcpy(path, PROC, strlen(PROC));

        int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        return folder < 0 ? -errno : folder;
}

ssize_t proc_read(int folder, const char *name, char *buffer, size_t size) {
        cleanup(cleanup_fd) int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        ssize_t length = fd < 0 ? -1 : read(fd, buffer, size - 1), r = length < 0 ? -errno : length;

        buffer[length < 0 ? 0 : length] = 0;
        return r;
}

int proc_read_id(int folder, const char *name, uint32_t *ret) {
        char text[32];
        ssize_t length = proc_read(folder, name, text, sizeof(text));
        uint64_t value;

        if (length < 0)
                return (int)length;

        const char *end = read_digits(text, 10, &value);

        if (!end || (*end && strcmp(end, "\n") != 0) || value > UINT32_MAX)
                return -EBADMSG;
        *ret = (uint32_t)value;
        return 0;
}

int proc_read_status(int folder, const char *label, unsigned index, unsigned base, uint64_t *ret) {
        char text[4096];
        ssize_t length = proc_read(folder, "status", text, sizeof(text));

        if (length < 0)
                return (int)length;

        /* The program's name comes first, but the kernel escapes newlines in it. */
        const char *number = strstr(text, label);

        if (!number)
                return -ENODATA;
        number += strlen(label);
        for (unsigned i = 0; number && i <= index; i++)
                number = read_digits(number + strspn(number, "\t"), base, ret);
        return number ? 0 : -ENODATA;
}

int proc_has_ended(int pidfd) {
        struct pollfd process = { .fd = pidfd, .events = POLLIN };
        int ready;

        do
                ready = poll(&process, 1, 0);
        while (ready < 0 && errno == EINTR);
        return ready < 0 ? -errno : ready;
}
