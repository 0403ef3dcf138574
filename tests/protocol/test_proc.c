/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/cleanup.h"
#include "protocol/proc.h"

Test(proc, a_file_of_a_process_is_a_string) {
        cleanup(cleanup_fd) int folder = proc_open(getpid());
        char text[64];

        cr_assert_geq(folder, 0);
        cr_expect_eq(proc_read(folder, "comm", text, sizeof(text)), (ssize_t)strlen(text));
        cr_expect_eq(proc_read(folder, "stat", text, sizeof(text)), 63, "as much as there is room for");
        cr_expect_eq(proc_read(folder, "absent", text, sizeof(text)), -ENOENT);
        cr_expect_str_empty(text);
}

Test(proc, a_file_that_is_no_number_has_no_id) {
        cleanup(cleanup_fd) int folder = proc_open(getpid());
        uint32_t id = 7;

        cr_expect_eq(proc_read_id(folder, "oom_score", &id), 0);
        cr_expect_neq(id, 7);
        cr_expect_eq(proc_read_id(folder, "status", &id), -EBADMSG);
        cr_expect_eq(proc_read_id(folder, "oom_score_adj/..", &id), -ENOTDIR);
}

Test(proc, a_number_of_the_status_is_found_by_label_and_index) {
        cleanup(cleanup_fd) int folder = proc_open(getpid());
        uint64_t number = 7;

        cr_expect_eq(proc_read_status(folder, "\nPid:", 0, 10, &number), 0);
        cr_expect_eq(number, (uint64_t)getpid());
        cr_expect_eq(proc_read_status(folder, "\nUid:", 3, 10, &number), 0);
        cr_expect_eq(number, geteuid());
        cr_expect_eq(proc_read_status(folder, "\nUid:", 4, 10, &number), -ENODATA);
        cr_expect_eq(proc_read_status(folder, "\nNone:", 0, 10, &number), -ENODATA);
}

Test(proc, a_process_has_ended_when_it_is_a_zombie) {
        pid_t child = fork();
        siginfo_t info;

        if (child == 0)
                pause();
        cleanup(cleanup_fd) int process = pidfd_open(child, 0);

        cr_expect_eq(proc_has_ended(process), 0);
        kill(child, SIGKILL);
        cr_assert_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
        cr_expect_eq(proc_has_ended(process), 1);
        waitpid(child, NULL, 0);
        cr_expect_eq(proc_open(child), -ENOENT);
}
