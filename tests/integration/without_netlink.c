/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * without_netlink ERROR PROGRAM...: runs it where socket() has no AF_NETLINK. ERROR is the name of an errno:
 * EAFNOSUPPORT, as with RestrictAddressFamilies=~AF_NETLINK; EPERM, as behind a filter of system calls; ECONNREFUSED,
 * which without audit (audit=0) is the answer to what is sent.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FIELD(member) offsetof(struct seccomp_data, member)

#define ERRORS 134 /* of Linux */

static unsigned error_named(const char *word) {
        for (int error = 1; error < ERRORS; error++) {
                const char *name = strerrorname_np(error);
                if (name && strcmp(name, word) == 0)
                        return (unsigned)error;
        }
        return 0;
}

int main(int argc, char **argv) {
        unsigned error = error_named(argc > 1 ? argv[1] : "");
        struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIELD(nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIELD(args[0])),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = { .len = sizeof(filter) / sizeof(filter[0]), .filter = filter };

        if (argc < 3 || error == 0)
                return EXIT_FAILURE;
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
                perror("without_netlink");
                return EXIT_FAILURE;
        }
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        return EXIT_FAILURE;
}
