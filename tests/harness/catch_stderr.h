/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Catches what the tested code writes to stderr. */
#ifndef AUDITFAIL_TEST_CATCH_STDERR_H
#define AUDITFAIL_TEST_CATCH_STDERR_H

#include <criterion/criterion.h>
#include <fcntl.h>
#include <unistd.h>

/* Returns a pipe that has what is written to stderr from now on. */
static inline int catch_stderr(void) {
        int ends[2];

        cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
        cr_assert_geq(dup2(ends[1], STDERR_FILENO), 0);
        close(ends[1]);
        return ends[0];
}

static inline void read_all(int fd, char *text, size_t size) {
        size_t length = 0;

        fcntl(fd, F_SETFL, O_NONBLOCK);
        for (ssize_t n; length < size - 1 && (n = read(fd, text + length, size - 1 - length)) > 0;)
                length += (size_t)n;
        text[length] = 0;
}

#endif
