/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a program that cannot write audit records, and can do all else: unaudited FAILURE [-u USER] PROGRAM
 * [ARGUMENT...]
 *
 *      EPERM         without CAP_AUDIT_WRITE, as in most containers
 *      EAFNOSUPPORT  without netlink sockets, as a service with RestrictAddressFamilies=
 *      ECONNREFUSED  in a user namespace, which all users are in
 *      none          as it is
 *
 * With -u the program is USER's, and a setuid program that USER starts still gets its rights, and the failure with
 * them.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What root executes has all capabilities of the bounding set, and the inheritable ones. */
static void without_permission(void) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct sets[2];

        if (prctl(PR_CAPBSET_DROP, CAP_AUDIT_WRITE, 0, 0, 0) < 0 || syscall(SYS_capget, &header, sets) < 0)
                err(EXIT_FAILURE, "cannot take CAP_AUDIT_WRITE away");
        sets[0].inheritable &= ~(1U << CAP_AUDIT_WRITE);
        if (syscall(SYS_capset, &header, sets) < 0)
                err(EXIT_FAILURE, "cannot take CAP_AUDIT_WRITE away");
}

/* Root needs no PR_SET_NO_NEW_PRIVS for it, which would take the rights from setuid programs. */
static void without_netlink(void) {
        struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = { .len = sizeof(filter) / sizeof(filter[0]), .filter = filter };

        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
                err(EXIT_FAILURE, "cannot take netlink sockets away");
}

static void map_all(pid_t process, const char *map) {
        char path[64];

        snprintf(path, sizeof(path), "/proc/%d/%s", process, map);

        int file = open(path, O_WRONLY | O_CLOEXEC);
        if (file < 0 || write(file, "0 0 4294967295", 14) < 0)
                err(EXIT_FAILURE, "cannot write %s", path);
        close(file);
}

/* Only who is outside may map more than itself: a child that stays there. */
static void in_user_namespace(void) {
        pid_t process = getpid();
        int ready[2], status;
        char byte;

        if (pipe(ready) < 0)
                err(EXIT_FAILURE, "pipe");
        pid_t child = fork();
        if (child < 0)
                err(EXIT_FAILURE, "fork");
        if (child == 0) {
                close(ready[1]);
                if (read(ready[0], &byte, 1) != 1)
                        _exit(EXIT_FAILURE);
                map_all(process, "gid_map");
                map_all(process, "uid_map");
                _exit(EXIT_SUCCESS);
        }
        if (unshare(CLONE_NEWUSER) < 0)
                err(EXIT_FAILURE, "cannot make a user namespace");
        if (write(ready[1], "", 1) != 1 || waitpid(child, &status, 0) < 0 || status != 0)
                errx(EXIT_FAILURE, "the users could not be mapped");
        close(ready[0]);
        close(ready[1]);
}

static void become(const char *name) {
        const struct passwd *user = getpwnam(name);

        if (!user)
                errx(EXIT_FAILURE, "there is no user %s", name);
        if (initgroups(user->pw_name, user->pw_gid) < 0 || setgid(user->pw_gid) < 0 || setuid(user->pw_uid) < 0)
                err(EXIT_FAILURE, "cannot become %s", name);
        setenv("USER", user->pw_name, 1);
        setenv("LOGNAME", user->pw_name, 1);
        setenv("HOME", user->pw_dir, 1);
}

int main(int argc, char *argv[]) {
        static const struct {
                const char *name;
                void (*cause)(void);
        } failures[] = {
                { "EPERM", without_permission },
                { "EAFNOSUPPORT", without_netlink },
                { "ECONNREFUSED", in_user_namespace },
                { "none", NULL },
        };
        size_t failure = 0, count = sizeof(failures) / sizeof(failures[0]);
        char **program = argv + 2;
        const char *user = NULL;

        while (argc > 1 && failure < count && strcmp(failures[failure].name, argv[1]) != 0)
                failure++;
        if (argc > 4 && strcmp(argv[2], "-u") == 0) {
                user = argv[3];
                program = argv + 4;
        }
        if (argc < 3 || failure == count)
                errx(EXIT_FAILURE, "usage: unaudited EPERM|EAFNOSUPPORT|ECONNREFUSED|none [-u USER] PROGRAM...");

        if (failures[failure].cause)
                failures[failure].cause();
        if (user)
                become(user);
        execvp(program[0], program);
        err(errno == ENOENT ? 127 : 126, "cannot run %s", program[0]);
}
