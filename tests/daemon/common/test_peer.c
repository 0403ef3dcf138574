/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The peer is this program, started again: under another name, with another argv[0], or as another user. It connects to
 * the socket that PEER_TEST_SOCKET names, and lives until that connection ends.
 */
#include <cap-ng.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include "daemon/common/peer.h"
#include "tests/harness/listening.h"
#include "tests/harness/parameterized.h"

#define NOBODY 65534

static struct sockaddr_un address = { .sun_family = AF_UNIX };
static char folder[] = "/tmp/auditfail-peer-XXXXXX";
static int listener = -1;
static pid_t child;
static int connection = -1;
static struct peer_origin origin;

static __attribute__((constructor)) void be_the_peer(void) {
        const char *path = getenv("PEER_TEST_SOCKET"), *uid = getenv("PEER_TEST_UID"), *name = getenv("PEER_TEST_NAME");
        int fd;
        char byte;

        if (!path)
                return;
        snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
        if (name)
                prctl(PR_SET_NAME, name);
        if (uid && setuid((uid_t)atoi(uid)) < 0)
                _exit(2);
        fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
                _exit(3);
        /* After connecting, root becomes NOBODY if the test wants that. */
        if (getenv("PEER_TEST_UID_LATER") && (setuid(NOBODY) < 0 || write(fd, "x", 1) != 1))
                _exit(4);
        (void)!read(fd, &byte, 1);
        _exit(0);
}

static void setup(void) {
        listener = listen_in(folder, &address);
}

static void hang_up(void) {
        if (connection >= 0)
                close(connection);
        connection = -1;
        if (child > 0)
                waitpid(child, NULL, 0);
        child = 0;
}

static void teardown(void) {
        hang_up();
        close(listener);
        remove_folder(folder);
}

TestSuite(peer, .init = setup, .fini = teardown);

static void skip(const char *why) {
        teardown(); /* Criterion does not call it for a skipped test */
        cr_skip("%s", why);
}

/* Runs FILE with ARGV as the peer, and accepts its connection. */
static void run(const char *file, char *const argv[]) {
        child = fork();
        cr_assert_geq(child, 0);
        if (child == 0) {
                setenv("PEER_TEST_SOCKET", address.sun_path, 1);
                execv(file, argv);
                _exit(1);
        }
        connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        cr_assert_geq(connection, 0);
}

/* Returns FOLDER/NAME, a link to this program: the kernel takes the short name from it. */
static char *named(const char *name) {
        static char path[PATH_MAX];
        char self[PATH_MAX] = { 0 };

        cr_assert_gt(readlink("/proc/self/exe", self, sizeof(self) - 1), 0);
        snprintf(path, sizeof(path), "%s/%s", folder, name);
        cr_assert_eq(symlink(self, path), 0);
        return path;
}

static struct peer learn(void) {
        struct peer peer;

        cr_assert_eq(peer_credentials(connection, &peer), 0);
        cr_assert_eq(peer_learn(connection, &peer, &origin), 0);
        return peer;
}

static uint32_t own_id(const char *path) {
        unsigned value = PEER_UNSET;
        FILE *file = fopen(path, "re");

        if (file) {
                cr_assert_eq(fscanf(file, "%u", &value), 1);
                fclose(file);
        }
        return value;
}

Test(peer, credentials_are_those_of_the_process_that_connected) {
        struct peer peer;
        char *path = named("passwd");

        run(path, (char *[]){ path, NULL });
        cr_assert_eq(peer_credentials(connection, &peer), 0);
        cr_expect_eq(peer.pid, child);
        cr_expect_eq(peer.uid, getuid());
        cr_expect_eq(peer.gid, getgid());
        cr_expect_eq(peer.auid, PEER_UNSET);
        cr_expect_eq(peer.session, PEER_UNSET);
        cr_expect_str_empty(peer.program);
}

Test(peer, a_descriptor_that_is_not_a_connection_has_no_peer) {
        struct peer peer;
        int ends[2];

        cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
        cr_expect_eq(peer_credentials(ends[0], &peer), -ENOTSOCK);
        close(ends[0]);
        close(ends[1]);
}

Test(peer, a_program_is_known_by_name_login_and_file) {
        char *path = named("passwd"), self[PATH_MAX] = { 0 };

        run(path, (char *[]){ path, NULL });

        struct peer peer = learn();

        cr_expect_str_eq(peer.program, "passwd");
        cr_expect_eq(peer.auid, own_id("/proc/self/loginuid"));
        cr_expect_eq(peer.session, own_id("/proc/self/sessionid"));
        cr_assert_gt(readlink("/proc/self/exe", self, sizeof(self) - 1), 0);
        cr_expect_eq(strncmp(origin.exe, self, sizeof(origin.exe) - 1), 0, "%s is not %s", origin.exe, self);
}

Test(peer, a_name_that_the_kernel_cut_is_completed_from_the_arguments) {
        char *path = named("an-audited-program-with-a-long-name");

        run(path, (char *[]){ path, NULL });
        cr_expect_str_eq(learn().program, "an-audited-program-with-a-long-name");
}

Test(peer, a_script_is_known_by_its_own_name_and_not_its_interpreters) {
        char *interpreter = named("interpreter"), script[PATH_MAX];
        FILE *file;

        snprintf(script, sizeof(script), "%s/audited-script-with-a-long-name", folder);
        file = fopen(script, "we");
        fprintf(file, "#!%s -e\n", interpreter);
        fclose(file);
        chmod(script, 0755);
        run(script, (char *[]){ script, NULL });
        cr_expect_str_eq(learn().program, "audited-script-with-a-long-name");
}

Test(peer, a_name_of_fifteen_bytes_stays_if_no_argument_begins_with_it) {
        char *path = named("exactly-fifteen"), other[] = "other";

        run(path, (char *[]){ other, NULL });
        cr_expect_str_eq(learn().program, "exactly-fifteen");
}

Test(peer, a_process_without_any_argument_still_has_a_name) {
        char *path = named("exactly-fifteen");

        run(path, (char *[]){ NULL });
        cr_expect_str_eq(learn().program, "exactly-fifteen");
}

Test(peer, an_argument_too_long_for_a_name_is_not_used) {
        char argument[80] = "exactly-fifteen", *path = named("exactly-fifteen");

        memset(argument + 15, 'x', 50); /* one byte too many */
        run(path, (char *[]){ argument, NULL });
        cr_expect_str_eq(learn().program, "exactly-fifteen");
}

Test(peer, a_name_that_no_application_can_have_is_not_used) {
        static const char *const names[] = { "pass wd", ".passwd", "-passwd", "pass\nwd", "pass/wd", "\xffpasswd" };

        for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
                char *path = named("passwd");

                setenv("PEER_TEST_NAME", names[i], 1);
                run(path, (char *[]){ path, NULL });
                cr_expect_str_empty(learn().program);
                hang_up();
                unlink(path);
        }
}

Test(peer, control_characters_in_a_path_are_replaced) {
        char path[PATH_MAX], command[2 * PATH_MAX], *copy;

        copy = named("passwd");
        snprintf(path, sizeof(path), "%s/a\nb\033c\302\233d\303\274", folder);
        snprintf(command, sizeof(command), "cp '%s' '%s'", copy, path);
        cr_assert_eq(system(command), 0);
        run(path, (char *[]){ path, NULL });

        learn();
        cr_expect_str_eq(origin.exe + strlen(folder), "/a?b?c??d\303\274");
}

/* Mounts TEXT over the file in /proc that has the peer's control groups. */
static void pretend_groups(const char *text) {
        char path[PATH_MAX], target[64];
        FILE *file;

        snprintf(path, sizeof(path), "%s/cgroup", folder);
        file = fopen(path, "we");
        fputs(text, file);
        fclose(file);
        snprintf(target, sizeof(target), "/proc/%d/cgroup", child);
        if (unshare(getuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) < 0 ||
            mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount(path, target, NULL, MS_BIND, NULL) < 0)
                skip("needs a mount namespace");
}

struct group {
        char path[128];
        char unit[64];
};

ParameterizedTestParameters(peer, the_unit_is_the_systems_own) {
        static struct group groups[] = {
                { "/system.slice/cups.service", "cups.service" },
                { "/system.slice/cups.service/worker.service", "cups.service" },
                { "/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service" },
                { "/user.slice/user-1000.slice/session-3.scope", "session-3.scope" },
                { "/user.slice/user-1000.slice/user@1000.service/app.slice/sshd.service", "user@1000.service" },
                { "/init.scope", "init.scope" },
                { "/", "" },
                { "/kubepods/burstable/sshd.service", "" },
                { "/../sshd.service", "" },
                { "/system.slice/a b.service", "" },
                { "/system.slice/.service", "" },
                { "/system.slice", "" },
        };

        return cr_make_param_array(struct group, groups, sizeof(groups) / sizeof(*groups));
}

ParameterizedTest(struct group *group, peer, the_unit_is_the_systems_own) {
        char *path = named("passwd"), text[512], *unit = NULL;

        if (sd_pid_get_unit(0, &unit) == -ENOMEDIUM)
                skip("needs control groups");
        free(unit);
        run(path, (char *[]){ path, NULL });
        /* systemd's hierarchy of cgroup v1, and that of v2. */
        snprintf(text, sizeof(text), "12:cpu,cpuacct:/fake.service\n1:name=systemd:%s\n0::%s\n", group->path,
                 group->path);
        pretend_groups(text);
        learn();
        cr_expect_str_eq(origin.unit, group->unit, "%s", group->path);
}

Test(peer, another_users_program_has_the_name_that_the_kernel_keeps) {
        char *path = named("an-audited-program-with-a-long-name");

        if (getuid() != 0)
                skip("needs root, to be another user");
        setenv("PEER_TEST_UID", "65534", 1);
        run(path, (char *[]){ path, NULL });

        struct peer peer = learn();

        cr_expect_eq(peer.uid, NOBODY);
        cr_expect_str_eq(peer.program, "an-audited-prog", "its memory was read, and it can delay that");
}

Test(peer, the_login_alone_can_be_learned) {
        char *path = named("passwd");
        struct peer peer;

        run(path, (char *[]){ path, NULL });
        cr_assert_eq(peer_credentials(connection, &peer), 0);
        cr_expect_not(peer.login_known);
        cr_expect_eq(peer_learn(connection, &peer, NULL), 0);
        cr_expect(peer.login_known);
        cr_expect_eq(peer.auid, own_id("/proc/self/loginuid"));
        cr_expect_eq(peer.session, own_id("/proc/self/sessionid"));
        cr_expect_str_empty(peer.program);
}

Test(peer, a_process_that_is_gone_is_not_known) {
        char *path = named("passwd");
        struct peer peer;

        run(path, (char *[]){ path, NULL });
        cr_assert_eq(peer_credentials(connection, &peer), 0);
        kill(child, SIGKILL);
        cr_assert_eq(waitpid(child, NULL, 0), child);
        child = 0;
        cr_expect_eq(peer_learn(connection, &peer, &origin), -ESRCH);
        cr_expect_str_empty(peer.program);
        cr_expect_eq(peer.auid, PEER_UNSET);
        cr_expect_not(peer.login_known);
        cr_expect_eq(peer_learn(connection, &peer, NULL), -ESRCH);
        cr_expect_not(peer.login_known);
}

Test(peer, a_process_that_has_ended_is_not_known_even_if_it_is_a_zombie) {
        char *path = named("passwd");
        struct peer peer;
        siginfo_t info;

        run(path, (char *[]){ path, NULL });
        cr_assert_eq(peer_credentials(connection, &peer), 0);
        kill(child, SIGKILL);
        cr_assert_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
        cr_expect_eq(peer_learn(connection, &peer, &origin), -ESRCH);
        cr_expect_str_empty(peer.program);
}

/* Makes this process see Linux before 6.5: SO_PEERPIDFD is not an option. */
static void forget_peerpidfd(void) {
        struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getsockopt, 0, 3),
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 77, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOPROTOOPT),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = { .len = sizeof(filter) / sizeof(*filter), .filter = filter };

        cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        cr_assert_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

Test(peer, on_an_older_kernel_the_same_is_known) {
        char *path = named("passwd");

        run(path, (char *[]){ path, NULL });
        forget_peerpidfd();

        struct peer peer = learn();

        cr_expect_str_eq(peer.program, "passwd");
        cr_expect_eq(peer.auid, own_id("/proc/self/loginuid"));
}

/* Looks like a reused pid: the process is another user's now. */
Test(peer, on_an_older_kernel_a_process_of_another_user_is_not_taken_for_the_peer) {
        char *path = named("passwd"), byte;
        struct peer peer;

        if (getuid() != 0)
                skip("needs root, to be another user");
        setenv("PEER_TEST_UID_LATER", "1", 1);
        run(path, (char *[]){ path, NULL });
        cr_assert_eq(read(connection, &byte, 1), 1);
        cr_assert_eq(peer_credentials(connection, &peer), 0);
        cr_expect_eq(peer_learn(connection, &peer, &origin), 0, "with a descriptor of the process there is no doubt");
        cr_assert_eq(peer_credentials(connection, &peer), 0);
        forget_peerpidfd();
        cr_expect_eq(peer_learn(connection, &peer, &origin), -ESRCH);
        cr_expect_str_empty(peer.program);
}

Test(peer, a_process_has_a_capability_or_not_or_that_is_not_known) {
        pid_t holder = fork();

        if (holder == 0)
                pause();
        cr_assert_gt(holder, 0);

        int held = peer_has_capability(holder, CAP_AUDIT_WRITE);
        kill(holder, SIGKILL);
        cr_expect(held == 0 || held == 1);
        cr_expect_eq(held == 1, capng_have_capability(CAPNG_EFFECTIVE, CAP_AUDIT_WRITE) == 1);
        cr_expect_eq(peer_has_capability(getpid(), 63), 0, "there is no such capability");
        waitpid(holder, NULL, 0);
        cr_expect_lt(peer_has_capability(holder, CAP_AUDIT_WRITE), 0, "it has ended");
        cr_expect_lt(peer_has_capability(0, CAP_AUDIT_WRITE), 0, "a process of another pid namespace");
}
