/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * No test reaches this machine's trail or changes a login: records go to a function in place of libaudit's, or the test
 * drops the privilege to send them. A folder stands for /proc.
 */
#include "daemon/controld/auditd/request_record.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libaudit.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/daemon/controld/auditd/requests.h"
#include "tests/harness/give_up_audit_write.h"

Test(request_write, an_id_is_of_hexadecimal_digits_and_new_each_time) {
        char one[REQUEST_ID_LENGTH + 1], other[REQUEST_ID_LENGTH + 1];

        cr_assert_eq(request_id(one), 0);
        cr_assert_eq(request_id(other), 0);
        cr_expect_eq(strlen(one), REQUEST_ID_LENGTH);
        cr_expect_eq(strspn(one, "0123456789abcdef"), REQUEST_ID_LENGTH);
        cr_expect_str_neq(one, other);
}

/* The arguments of libaudit's function, and its result. */
static struct {
        bool stands_in;
        int result, error; /* to be returned, and to be left in errno */
        int type, success;
        char message[MAX_AUDIT_MESSAGE_LENGTH], terminal[64];
        bool other_fields;
} sent;

int audit_log_user_message(int audit_fd, int type, const char *message, const char *hostname, const char *addr,
                           const char *tty, int result) {
        int (*real)(int, int, const char *, const char *, const char *, const char *, int);

        if (!sent.stands_in) {
                *(void **)&real = dlsym(RTLD_NEXT, __func__);
                return real(audit_fd, type, message, hostname, addr, tty, result);
        }
        sent.type = type;
        sent.success = result;
        snprintf(sent.message, sizeof(sent.message), "%s", message);
        snprintf(sent.terminal, sizeof(sent.terminal), "%s", tty ? tty : "(this process's)");
        sent.other_fields = hostname || addr;
        errno = sent.error;
        return sent.result;
}

static int write_and_hear(const struct request_record *record, int result, int error) {
        sent.stands_in = true;
        sent.result = result;
        sent.error = error;
        return request_record_write(record);
}

Test(request_write, a_granted_request_is_written_as_a_success_at_the_callers_terminal) {
        const struct request_record record = granted(&alice);

        cr_expect_eq(write_and_hear(&record, 1, 0), 0);
        cr_expect_eq(sent.type, AUDIT_TRUSTED_APP);
        cr_expect_eq(sent.success, 1);
        cr_expect_str_eq(sent.terminal, "pts/0");
        cr_expect_not(sent.other_fields);

        char *message = request_message(&record);

        cr_expect_str_eq(sent.message, message);
        free(message);
}

Test(request_write, a_forced_request_is_a_success_and_a_refused_one_is_none) {
        struct request_record record = granted(&alice);

        record.answer = ANSWER_FORCED;
        cr_expect_eq(write_and_hear(&record, 1, 0), 0);
        cr_expect_eq(sent.success, 1);
        record.answer = ANSWER_REFUSED;
        cr_expect_eq(write_and_hear(&record, 1, 0), 0);
        cr_expect_eq(sent.success, 0);
}

Test(request_write, no_terminal_is_better_than_one_that_forges_or_that_is_not_the_callers) {
        static const char *const terminals[] = { "", "pts/0 res=success", "x'", "a,b" };
        struct caller caller = alice;
        const struct request_record record = granted(&caller);

        for (size_t i = 0; i < sizeof(terminals) / sizeof(*terminals); i++) {
                snprintf(caller.terminal, sizeof(caller.terminal), "%s", terminals[i]);
                cr_expect_eq(write_and_hear(&record, 1, 0), 0);
                cr_expect_str_empty(sent.terminal);
        }
}

Test(request_write, only_what_the_kernel_took_is_written) {
        const struct request_record record = granted(&alice);

        cr_expect_eq(write_and_hear(&record, 7, EAGAIN), 0);
        cr_expect_eq(write_and_hear(&record, -ENOBUFS, 0), -ENOBUFS);
        cr_expect_eq(write_and_hear(&record, -EAGAIN, EINVAL), -EAGAIN);
        cr_expect_eq(write_and_hear(&record, 0, ECONNREFUSED), -ECONNREFUSED);
        cr_expect_eq(write_and_hear(&record, 0, 0), -EPERM);
        cr_expect_eq(write_and_hear(&record, 0, -1), -EPERM);
}

Test(request_write, a_reason_that_is_too_long_is_not_written_cut_off) {
        struct request_record record = granted(&alice);
        char reason[REASON_TEXT_MAX];

        memset(reason, 'r', sizeof(reason));
        reason[REASON_TEXT_MAX - 1] = 0;
        record.reason = reason;
        cr_expect_eq(write_and_hear(&record, 1, 0), -EMSGSIZE);
        cr_expect_str_empty(sent.message);
        reason[REASON_TEXT_MAX - 2] = 0;
        cr_expect_eq(write_and_hear(&record, 1, 0), 0);
}

Test(request_write, a_process_that_may_not_write_is_told_so, .timeout = 30) {
        const struct request_record record = granted(&alice);

        give_up_audit_write();
        cr_expect_eq(request_record_write(&record), -EPERM);
}

Test(request_write, in_a_user_namespace_all_capabilities_are_of_no_use, .timeout = 30) {
        int status;
        pid_t child = fork(); /* as only a process of one thread can enter */

        cr_assert_geq(child, 0);
        if (child == 0) {
                const struct request_record record = granted(&alice);

                _exit(unshare(CLONE_NEWUSER) < 0 ? 77 : request_record_write(&record) == -ECONNREFUSED);
        }
        cr_assert_eq(waitpid(child, &status, 0), child);
        if (WEXITSTATUS(status) == 77)
                cr_skip("needs a user namespace");
        cr_expect_eq(WEXITSTATUS(status), 1);
}

/* Makes a folder in place of /proc. DIR/self/loginuid is a link to TARGET, or a file if TARGET is NULL. */
static void make_proc(char dir[static 64], char path[static 96], const char *target) {
        char self[80];
        int fd;

        snprintf(dir, 64, "/tmp/auditfail-proc-XXXXXX");
        cr_assert_not_null(mkdtemp(dir));
        snprintf(self, sizeof(self), "%s/self", dir);
        cr_assert_eq(mkdir(self, 0700), 0);
        snprintf(path, 96, "%s/loginuid", self);
        if (target) {
                cr_assert_eq(symlink(target, path), 0);
        } else {
                fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
                cr_assert_geq(fd, 0);
                close(fd);
        }
}

static void remove_proc(const char *dir, const char *path) {
        char self[80];

        snprintf(self, sizeof(self), "%s/self", dir);
        unlink(path);
        rmdir(self);
        cr_expect_eq(rmdir(dir), 0);
}

static void expect_login(const char *path, const char *expected) {
        char login[32];
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t length = read(fd, login, sizeof(login) - 1);

        cr_assert_geq(length, 0);
        login[length] = 0;
        close(fd);
        cr_expect_str_eq(login, expected);
}

Test(request_write, a_login_is_adopted_by_its_number) {
        char dir[64], path[96];

        make_proc(dir, path, NULL);
        cr_expect_eq(adopt_login(dir, 4294967294), 0);
        expect_login(path, "4294967294");
        remove_proc(dir, path);
}

Test(request_write, no_login_is_nothing_to_adopt) {
        char dir[64], path[96];

        make_proc(dir, path, NULL);
        cr_expect_eq(adopt_login(dir, PEER_UNSET), 0);
        expect_login(path, "");
        remove_proc(dir, path);
        cr_expect_eq(adopt_login("/nonexistent", PEER_UNSET), 0);
}

Test(request_write, a_login_that_cannot_be_adopted_is_an_error) {
        char dir[64], path[96];

        cr_expect_eq(adopt_login("/nonexistent", 1000), -ENOENT);
        make_proc(dir, path, "/dev/full");
        cr_expect_eq(adopt_login(dir, 1000), -ENOSPC);
        remove_proc(dir, path);
}
