/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/shim/common_user.h"

#include <cap-ng.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/harness/give_up_audit_write.h"

#define OTHER_USER 65534

static void needs_root(void) {
        if (geteuid() != 0)
                cr_skip_test("only root can become another user");
}

/* Each test runs in a separate process, so it need not become root again. */
static void become(uid_t real, uid_t effective, uid_t saved) {
        cr_assert_eq(setresuid(real, effective, saved), 0);
}

TestSuite(common_user, .init = needs_root);

Test(common_user, is_who_has_no_right_to_write_and_is_not_root) {
        become(OTHER_USER, OTHER_USER, OTHER_USER);
        cr_assert(is_common_user(EPERM));
}

Test(common_user, is_nobody_for_an_error_that_rights_do_not_cause) {
        become(OTHER_USER, OTHER_USER, OTHER_USER);
        cr_assert_not(is_common_user(ECONNREFUSED));
        cr_assert_not(is_common_user(EAFNOSUPPORT));
        cr_assert_not(is_common_user(0));
}

Test(common_user, is_not_root_whose_capability_was_taken_away) {
        give_up_audit_write();
        cr_assert_not(is_common_user(EPERM));
}

Test(common_user, is_not_who_can_be_root_again) {
        static const uid_t users[][3] = { { 0, OTHER_USER, OTHER_USER },
                                          { OTHER_USER, 0, OTHER_USER },
                                          { OTHER_USER, OTHER_USER, 0 },
                                          { 0, OTHER_USER, 0 } };

        give_up_audit_write();
        for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
                become(users[i][0], users[i][1], users[i][2]);
                cr_expect_not(is_common_user(EPERM), "real %u, effective %u, saved %u", users[i][0], users[i][1],
                              users[i][2]);
                /* LeakSanitizer, too, wants one user at the end, or it may not look. */
                become((uid_t)-1, 0, (uid_t)-1);
                become(0, 0, 0);
        }
}

Test(common_user, is_not_who_holds_the_capability_and_has_put_it_aside) {
        cr_assert_eq(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), 0);
        become(OTHER_USER, OTHER_USER, OTHER_USER);
        cr_assert_eq(capng_get_caps_process(), 0);
        if (!capng_have_capability(CAPNG_PERMITTED, CAP_AUDIT_WRITE))
                cr_skip_test("root has no CAP_AUDIT_WRITE here");
        cr_assert_not(capng_have_capability(CAPNG_EFFECTIVE, CAP_AUDIT_WRITE));
        cr_assert_not(is_common_user(EPERM));
        give_up_audit_write();
        cr_assert(is_common_user(EPERM));
}

Test(common_user, is_found_out_without_a_change_of_errno) {
        errno = 33;
        is_common_user(EPERM);
        cr_assert_eq(errno, 33);
}
