/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/audit/audit_subject.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

Test(audit_subject, a_process_has_the_ids_and_the_program_of_proc) {
        char exe[PATH_MAX], mine[PATH_MAX] = "";
        struct audit_subject subject;

        cr_assert_eq(audit_subject_read(getpid(), exe, &subject), 0);
        cr_expect_eq(subject.pid, getpid());
        cr_expect_eq(subject.uid, getuid());
        cr_expect_eq(subject.gid, getgid());
        cr_assert_gt(readlink("/proc/self/exe", mine, sizeof(mine) - 1), 0);
        cr_expect_str_eq(subject.exe, mine);
}

/* The filters of the kernel compare the real user. */
Test(audit_subject, the_user_is_the_real_one) {
        char exe[PATH_MAX];
        struct audit_subject subject;

        if (geteuid() != 0)
                cr_skip_test("only root can become another user");
        cr_assert_eq(seteuid(65534), 0);
        cr_expect_eq(audit_subject_read(getpid(), exe, &subject), 0);
        cr_expect_eq(subject.uid, 0);
        cr_assert_eq(seteuid(0), 0);
}

Test(audit_subject, a_process_that_is_gone_is_not_found) {
        char exe[PATH_MAX];
        struct audit_subject subject;
        pid_t child = fork();

        if (child == 0)
                _exit(0);
        cr_assert_eq(waitpid(child, NULL, 0), child);
        cr_expect_eq(audit_subject_read(child, exe, &subject), -ESRCH);
}
