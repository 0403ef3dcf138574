/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/libauditfail/root.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <unistd.h>

Test(root, a_process_that_changes_no_root_has_its_own) {
        cr_expect_not(root_is_other());
        root_remember();
        cr_expect_not(root_is_other());
        root_look();
        cr_expect_not(root_is_other());
}

Test(root, a_root_that_was_not_remembered_counts_as_another) {
        root_look();
        cr_expect(root_is_other());
}

/* Remembers the root FIRST, and returns whether SECOND, a folder in it, is noticed as another one. */
static bool is_noticed(const char *first, const char *second) {
        int own = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

        cr_assert_eq(chroot(first), 0);
        root_remember();
        cr_assert_eq(chroot(second), 0);
        root_remember(); /* keeps the first one */
        root_look();
        cr_assert_eq(fchdir(own), 0);
        cr_assert_eq(chroot("."), 0); /* a report of the test may need files */
        close(own);
        return root_is_other();
}

Test(root, another_root_is_noticed_on_each_file_system) {
        if (geteuid() != 0)
                cr_skip_test("needs root, to change the root");
        cr_expect(is_noticed("/", "/proc"));
}

Test(root, another_root_is_noticed_on_the_same_file_system) {
        if (geteuid() != 0)
                cr_skip_test("needs root, to change the root");
        cr_expect(is_noticed("/usr", "/share"));
}

Test(root, the_same_root_again_is_no_other_one) {
        if (geteuid() != 0)
                cr_skip_test("needs root, to change the root");
        cr_expect_not(is_noticed("/usr", "/"));
}
