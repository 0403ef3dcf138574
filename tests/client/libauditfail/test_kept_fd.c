/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/libauditfail/kept_fd.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

static int open_file(const char *path) {
        int fd = open(path, O_RDONLY);

        cr_assert_geq(fd, 0);
        return fd;
}

static void keep_file(const char *path) {
        int fd = open_file(path);

        kept_fd_keep(KEPT_SNAPSHOT, fd);
        close(fd);
}

Test(keep, nothing_is_kept_at_first) {
        for (enum kept which = 0; which < KEPT_COUNT; which++)
                cr_expect_eq(kept_fd_get(which), -ENOENT);
}

Test(keep, what_is_kept_is_a_copy_out_of_the_way_and_not_inherited) {
        keep_file("/dev/null");

        int fd = kept_fd_get(KEPT_SNAPSHOT);

        cr_expect_geq(fd, KEPT_FD_MIN);
        cr_expect_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
        cr_expect_eq(kept_fd_get(KEPT_SNAPSHOT), fd, "it stays kept");
        cr_expect_eq(kept_fd_get(KEPT_JOURNAL), -ENOENT);
}

Test(keep, the_first_one_stays) {
        char first = 1;

        keep_file("/dev/zero");
        keep_file("/dev/null");
        cr_expect_eq(read(kept_fd_get(KEPT_SNAPSHOT), &first, 1), 1, "/dev/null has nothing to read");
}

Test(keep, a_descriptor_that_the_program_has_closed_is_none) {
        keep_file("/dev/null");
        close(kept_fd_get(KEPT_SNAPSHOT));
        cr_expect_eq(kept_fd_get(KEPT_SNAPSHOT), -ENOENT);
}

Test(keep, another_file_of_the_same_number_is_not_taken_for_it) {
        keep_file("/dev/null");

        int fd = kept_fd_get(KEPT_SNAPSHOT), other = open_file("/dev/zero");

        cr_assert_eq(dup2(other, fd), fd);
        cr_expect_eq(kept_fd_get(KEPT_SNAPSHOT), -ENOENT);
        keep_file("/dev/null");
        cr_expect_geq(kept_fd_get(KEPT_SNAPSHOT), KEPT_FD_MIN, "one is kept again");
        cr_expect_neq(kept_fd_get(KEPT_SNAPSHOT), fd, "and the program's file is left alone");
}

Test(keep, without_a_file_or_a_free_number_nothing_is_kept) {
        struct rlimit before, few;

        kept_fd_keep(KEPT_SNAPSHOT, -1);
        cr_expect_eq(kept_fd_get(KEPT_SNAPSHOT), -ENOENT);

        cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
        few = (struct rlimit){ KEPT_FD_MIN, before.rlim_max };
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
        keep_file("/dev/null");
        cr_expect_eq(kept_fd_get(KEPT_SNAPSHOT), -ENOENT);
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
        keep_file("/dev/null");
        cr_expect_geq(kept_fd_get(KEPT_SNAPSHOT), KEPT_FD_MIN, "it works again");
}
