/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The audit daemon: a child of the test, on a kernel of the test's own (kernel_stand_in.c). */
#include "daemon/controld/auditd/auditd.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/cleanup.h"
#include "protocol/clock.h"

#define SECOND 1000000ULL

static pid_t child;

static void __attribute__((format(printf, 1, 2))) set_kernel(const char *format, ...) {
        cleanup(cleanup_free) char *words = NULL;
        va_list arguments;

        va_start(arguments, format);
        cr_assert_gt(vasprintf(&words, format, arguments), 0);
        va_end(arguments);
        cr_assert_eq(setenv("AUDIT_KERNEL", words, 1), 0);
}

/* Starts a child that is called NAME. It runs PREPARE (NULL: nothing), and waits to be killed. Returns its pid. */
static pid_t start_child(const char *name, bool (*prepare)(void)) {
        int ends[2];
        char ready = 0;

        cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
        child = fork();
        cr_assert_geq(child, 0);
        if (child == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                prctl(PR_SET_NAME, name);
                if (prepare && !prepare())
                        _exit(77);
                if (write(ends[1], "", 1) == 1)
                        for (;;)
                                pause();
                _exit(1);
        }
        close(ends[1]);
        if (read(ends[0], &ready, 1) != 1)
                cr_skip("this machine does not let a process prepare itself as this test needs it");
        close(ends[0]);
        return child;
}

static void end_child(void) {
        if (child > 0) {
                kill(child, SIGKILL);
                waitpid(child, NULL, 0);
        }
        child = 0;
}

static uint64_t soon(void) {
        return monotonic_usec() + SECOND;
}

TestSuite(auditd, .fini = end_child, .timeout = 60);

Test(auditd, the_kernel_tells_its_state) {
        struct audit_state kernel;

        set_kernel("auditd=4711 rate=5");
        cr_assert_eq(kernel_audit_ask(soon(), &kernel), 0);
        cr_expect(kernel.auditd == 4711 && kernel.enabled && !kernel.locked && kernel.rate_limit == 5 &&
                  kernel.backlog_limit == 64);
        set_kernel("locked");
        cr_assert_eq(kernel_audit_ask(soon(), &kernel), 0);
        cr_expect(kernel.auditd == 0 && kernel.enabled && kernel.locked);
        set_kernel("off");
        cr_assert_eq(kernel_audit_ask(soon(), &kernel), 0);
        cr_expect_not(kernel.enabled);
}

Test(auditd, an_answer_that_was_dropped_is_asked_for_again_until_the_deadline) {
        struct audit_state kernel;

        set_kernel("silent=1 auditd=4711");
        cr_expect_eq(kernel_audit_ask(soon(), &kernel), 0);
        cr_expect_eq(kernel.auditd, 4711);
        set_kernel("silent=1000");
        cr_expect_eq(kernel_audit_ask(monotonic_usec(), &kernel), -ETIMEDOUT);
}

/* Expects that auditd_find() returns FAILURE, with ERROR. */
static struct auditd expect_found(enum request_failure failure, int error) {
        struct auditd auditd;
        int found_error = 0;

        cr_expect_eq(auditd_find(soon(), &auditd, &found_error), failure);
        if (failure == FAILURE_FAILED)
                cr_expect_eq(found_error, error);
        return auditd;
}

Test(auditd, the_registered_process_is_found_if_it_is_called_auditd) {
        static const struct {
                const char *name;
                enum request_failure failure;
        } table[] = { { "auditd", FAILURE_NONE }, { "audispd2", FAILURE_OTHER_AUDIT_DAEMON } };

        for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
                set_kernel("auditd=%d", start_child(table[i].name, NULL));
                struct auditd auditd = expect_found(table[i].failure, 0);

                cr_expect_eq(auditd.pid, child);
                cr_expect_str_eq(auditd.program, table[i].name);
                cr_expect_not(auditd_has_ended(&auditd));
                end_child();
                cr_expect(auditd_has_ended(&auditd));
                auditd_close(&auditd);
                cr_expect_eq(auditd.process, -1);
        }
}

Test(auditd, a_daemon_that_registers_meanwhile_is_the_one) {
        pid_t before = getpid();

        set_kernel("previous=%d auditd=%d", before, start_child("auditd", NULL));
        struct auditd auditd = expect_found(FAILURE_NONE, 0);

        cr_expect_eq(auditd.pid, child);
        end_child();
        cr_expect(auditd_has_ended(&auditd));
        auditd_close(&auditd);
}

Test(auditd, without_a_process_there_is_no_audit_daemon) {
        struct auditd auditd;

        set_kernel("on");
        auditd = expect_found(FAILURE_NO_AUDIT_DAEMON, 0);
        cr_expect_eq(auditd.process, -1);
        /* One that has ended, and still is a zombie. */
        set_kernel("auditd=%d", start_child("auditd", NULL));
        kill(child, SIGKILL);
        cr_assert_eq(waitid(P_PID, (id_t)child, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
        auditd = expect_found(FAILURE_NO_AUDIT_DAEMON, 0);
        auditd_close(&auditd);
        /* One that the kernel has not missed yet. */
        waitpid(child, NULL, 0);
        expect_found(FAILURE_NO_AUDIT_DAEMON, 0);
        cr_expect_not(auditd_open(child, &auditd));
        cr_expect_eq(auditd.process, -1);
        child = 0;
}

Test(auditd, a_kernel_that_does_not_answer_is_a_failure) {
        set_kernel("no-control");
        expect_found(FAILURE_FAILED, -EPERM);
        set_kernel("auditd=-1");
        expect_found(FAILURE_FAILED, -EINVAL);
}

Test(auditd, a_process_is_taken_for_auditd_by_its_name) {
        struct auditd auditd;

        cr_expect(auditd_open(start_child("auditd", NULL), &auditd));
        cr_expect(auditd.pid == child && auditd.process >= 0);
        cr_expect_str_eq(auditd.program, "auditd");
        auditd_close(&auditd);
        end_child();
        cr_expect_not(auditd_open(start_child("auditd2", NULL), &auditd));
        cr_expect_eq(auditd.process, -1);
}

static void expect_trouble(enum cause cause, const char *log_file, const char *told) {
        const struct auditd auditd = { .pid = child, .process = -1 };
        char detail[512];
        enum cause found = auditd_trouble(&auditd, log_file, detail, sizeof(detail));

        cr_expect_eq(found, cause, "%s: %s", cause_word(found), detail);
        cr_expect_not_null(strstr(detail, told), "%s", detail);
}

Test(auditd, an_auditd_that_is_stopped) {
        kill(start_child("auditd", NULL), SIGSTOP);
        cr_assert_eq(waitpid(child, NULL, WUNTRACED), child);
        expect_trouble(CAUSE_STOPPED, "/tmp/audit.log", " is stopped");
}

static bool be_traced(void) {
        return ptrace(PTRACE_TRACEME) == 0;
}

Test(auditd, an_auditd_that_a_debugger_has_stopped) {
        kill(start_child("auditd", be_traced), SIGUSR1);
        cr_assert_eq(waitpid(child, NULL, 0), child);
        expect_trouble(CAUSE_STOPPED, "/tmp/audit.log", " is stopped by a debugger");
}

Test(auditd, when_it_started) {
        const struct auditd auditd = { .pid = start_child("auditd", NULL), .process = -1 };
        struct timespec when;

        clock_gettime(CLOCK_REALTIME, &when);
        when.tv_sec += 1;
        cr_expect(auditd_started_before(&auditd, &when));
        when.tv_sec -= 10;
        cr_expect_not(auditd_started_before(&auditd, &when));
        cr_expect_not(auditd_started_before(&(struct auditd){ .pid = 0 }, &when));
}

Test(auditd, a_log_that_cannot_be_looked_at) {
        start_child("auditd", NULL);
        expect_trouble(CAUSE_HUNG, "/nonexistent/audit.log", "/nonexistent cannot be looked at: No such file");
}

/* A file system without any free block. */
Test(auditd, a_full_file_system) {
        struct statvfs proc;

        if (statvfs("/proc", &proc) == 0 && (proc.f_flag & ST_RDONLY))
                cr_skip("/proc is read-only here");
        start_child("auditd", NULL);
        expect_trouble(CAUSE_DISK_FULL, "/proc/audit.log", "the file system of /proc/audit.log is full");
}

static bool make_tmp_read_only(void) {
        return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && mount("/tmp", "/tmp", NULL, MS_BIND | MS_REC, NULL) == 0 &&
               mount(NULL, "/tmp", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) == 0;
}

Test(auditd, a_file_system_that_is_read_only_for_auditd) {
        start_child("auditd", make_tmp_read_only);
        expect_trouble(CAUSE_READ_ONLY, "/tmp/audit.log", "the file system of /tmp/audit.log is read-only");
        expect_trouble(CAUSE_HUNG, "/var/tmp/audit.log", "does not write to /var/tmp/audit.log");
}

/* The kernel's own socket(2), not kernel_stand_in.c's. */
static bool open_audit_socket(void) {
        const struct sockaddr_nl any = { .nl_family = AF_NETLINK };
        int fd = (int)syscall(SYS_socket, AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);

        return fd >= 0 && bind(fd, (const struct sockaddr *)&any, sizeof(any)) == 0;
}

Test(auditd, an_auditd_that_takes_records_and_does_not_write_them) {
        start_child("auditd", open_audit_socket);
        expect_trouble(CAUSE_SUSPENDED, "/tmp/audit.log", "takes records and does not write them to /tmp/audit.log");
}

Test(auditd, an_auditd_that_does_nothing) {
        start_child("auditd", NULL);
        expect_trouble(CAUSE_HUNG, "/tmp/audit.log", "runs and does not write to /tmp/audit.log");
}

static bool hide_tmp(void) {
        return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && mount("tmpfs", "/tmp", "tmpfs", 0, NULL) == 0 &&
               mount("tmpfs", "/dev/shm", "tmpfs", 0, NULL) == 0;
}

/* The list of mounts has /usr/lib behind the mount that hides it. */
static bool hide_usr_and_what_is_mounted_in_it(void) {
        return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && mount("tmpfs", "/tmp", "tmpfs", 0, NULL) == 0 &&
               mount("/usr/lib", "/usr/lib", NULL, MS_BIND | MS_REC, NULL) == 0 &&
               mount("/tmp", "/usr", NULL, MS_MOVE, NULL) == 0;
}

/* Expects that LOG_FILE of the child is hidden and the reason has TOLD; NULL: that it is not hidden. */
static void expect_hidden(const char *log_file, const char *told) {
        const struct auditd auditd = { .pid = child, .process = -1 };
        char why[512] = "";

        cr_expect_eq(auditd_log_is_hidden(&auditd, log_file, why, sizeof(why)), told != NULL, "%s: %s", log_file, why);
        cr_expect(!told || strstr(why, told), "%s: %s", log_file, why);
}

/* Here the mounts of auditd differ, and not those of the daemon. */
Test(auditd, a_log_that_is_another_file_for_auditd) {
        start_child("auditd", hide_tmp);
        expect_hidden("/tmp/audit.log", "auditd's log /tmp/audit.log is hidden ");
        expect_hidden("/tmp/of/audit.log", "auditd's log /tmp/of/audit.log is hidden ");
        expect_hidden("/proc/self/root/tmp/audit.log", " is hidden ");
        expect_hidden("/dev/shm/audit.log", " is hidden ");
        expect_hidden("/tmpfile/audit.log", NULL);
        expect_hidden("/usr/lib/audit.log", NULL);
        end_child();
        expect_hidden("/tmp/audit.log", NULL);
}

Test(auditd, a_log_below_a_mount_that_is_hidden) {
        start_child("auditd", hide_usr_and_what_is_mounted_in_it);
        expect_hidden("/usr/lib/audit.log", " is hidden ");
        expect_hidden("/tmp/audit.log", NULL);
}

Test(auditd, a_log_that_is_the_same_file_on_a_mount_of_its_own) {
        start_child("auditd", make_tmp_read_only);
        expect_hidden("/tmp/audit.log", NULL);
        expect_hidden("/tmp/of/audit.log", NULL);
}

static const struct {
        const char *point, *log_file, *setting, *remedy;
} hiding[] = {
        { "/home", "/home/a/audit.log", "hidden by ProtectHome= of ", "\"ProtectHome=read-only\"" },
        { "/root", "/root/audit.log", "hidden by ProtectHome= of ", "\"ProtectHome=read-only\"" },
        { "/tmp", "/tmp/a/audit.log", "hidden by PrivateTmp= of ", "\"BindReadOnlyPaths=/tmp/a\"" },
        { "/var/tmp", "/var/tmp/a/audit.log", "hidden by PrivateTmp= of ", "\"BindReadOnlyPaths=/var/tmp/a\"" },
        { "/dev", "/dev/shm/a/audit.log", "hidden by PrivateDevices= of ", "\"BindReadOnlyPaths=/dev/shm/a\"" },
        { "/usr", "/usr/a/audit.log", "hidden from auditfail-controld by the mount at /usr", "" },
};

/* Makes the mounts of a sandbox for this process, which has one thread. Returns the number of the row that is wrong. */
static int check_in_sandbox(const struct auditd *auditd) {
        char why[512] = "";

        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
                return 77;
        for (int i = 0; i < (int)(sizeof(hiding) / sizeof(*hiding)); i++) {
                if (mount("tmpfs", hiding[i].point, "tmpfs", 0, NULL) < 0)
                        return 77;
                if (!auditd_log_is_hidden(auditd, hiding[i].log_file, why, sizeof(why)) ||
                    !strstr(why, hiding[i].setting) || !strstr(why, hiding[i].remedy))
                        return i + 1;
        }
        return 0;
}

Test(auditd, the_setting_that_hides_the_log_is_named) {
        const struct auditd auditd = { .pid = getpid(), .process = -1 };
        int status;

        child = fork();
        if (child == 0)
                _exit(check_in_sandbox(&auditd));
        cr_assert_eq(waitpid(child, &status, 0), child);
        child = 0;
        if (WEXITSTATUS(status) == 77)
                cr_skip("this machine does not let a process make mounts");
        cr_expect_eq(status, 0, "row %d", WEXITSTATUS(status));
}
