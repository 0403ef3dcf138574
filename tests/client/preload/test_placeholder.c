/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/preload/placeholder.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include "protocol/vocabulary.h"

Test(placeholder, has_the_error_that_it_was_made_for_or_eio) {
        static const struct {
                int error, kept;
        } table[] = { { EPERM, EPERM }, { ERRNO_MAX, ERRNO_MAX }, { ERRNO_MAX + 1, EIO }, { 0, EIO }, { -EPERM, EIO } };

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                int fd = placeholder_new(table[i].error);

                cr_assert_geq(fd, 0);
                cr_expect_eq(placeholder_error(fd), table[i].kept, "row %zu", i);
                placeholder_forget(fd);
                cr_expect_eq(placeholder_error(fd), 0, "row %zu", i);
                close(fd);
        }
}

Test(placeholder, a_closed_descriptor_is_none_and_errno_stays) {
        int fd = placeholder_new(EPERM);

        cr_assert_geq(fd, 0);
        close(fd);
        errno = 33;
        cr_expect_eq(placeholder_error(fd), 0);
        cr_expect_eq(placeholder_error(-1), 0);
        placeholder_forget(-1);
        cr_expect_eq(errno, 33);
}

Test(placeholder, there_is_none_without_a_free_descriptor) {
        struct rlimit before;
        int next = dup(STDERR_FILENO); /* the lowest free number */

        close(next);
        cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ (rlim_t)next, before.rlim_max }), 0);
        int fd = placeholder_new(EPERM);
        setrlimit(RLIMIT_NOFILE, &before);
        cr_expect_eq(fd, -EMFILE);
}
