/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * without_netlink ERROR PROGRAM...: runs it where socket() has no AF_NETLINK. ERROR is an errno's name: EAFNOSUPPORT,
 * as with RestrictAddressFamilies=~AF_NETLINK; EPERM, as behind a filter of system calls. With "send:" before it,
 * sockets are there, and what is sent over them to the kernel fails: send:ECONNREFUSED, as without audit (audit=0).
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FIELD(member) offsetof(struct seccomp_data, member)

/* The number of the errno NAME; 0: there is none of that name. */
static unsigned find_error(const char *name) {
        for (int error = 1; error < 4096; error++)
                if (strerrorname_np(error) && strcmp(strerrorname_np(error), name) == 0)
                        return (unsigned)error;
        return 0;
}

int main(int argc, char **argv) {
        const char *word = argc > 1 ? argv[1] : "";
        bool sends = strncmp(word, "send:", strlen("send:")) == 0;
        unsigned error = find_error(sends ? word + strlen("send:") : word);
        struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIELD(nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, sends ? SYS_sendto : SYS_socket, 0, 3),
                /* The family, or the length of the address. */
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, sends ? FIELD(args[5]) : FIELD(args[0])),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, sends ? sizeof(struct sockaddr_nl) : AF_NETLINK, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = { .len = sizeof(filter) / sizeof(filter[0]), .filter = filter };

        if (argc < 3 || error == 0) {
                fputs("usage: without_netlink [send:]ERRNO PROGRAM...\n", stderr);
                return EXIT_FAILURE;
        }
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
                perror("without_netlink");
                return EXIT_FAILURE;
        }
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        return EXIT_FAILURE;
}
