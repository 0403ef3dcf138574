/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The program that stub_secure.c makes setgid: asks for its own policy, and prints whether the kernel gave it more
 * rights than its caller has, where it looked for the daemon, and what the answer was. It is sent on to the daemon in
 * the folder that its argument names, wherever it looked. The library is linked in statically, since a setgid program
 * would not find it in a build folder.
 */
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "auditfail.h"

static struct sockaddr_un looked_for, daemon_address = { .sun_family = AF_UNIX };

/* Takes the place of libc's connect(). The headers of glibc and musl declare that one with different types. */
int connect_to_daemon(int fd, const struct sockaddr *address, socklen_t length) __asm__("connect");

int connect_to_daemon(int fd, const struct sockaddr *address, socklen_t length) {
        memcpy(&looked_for, address, length);
        return (int)syscall(SYS_connect, fd, &daemon_address, sizeof(daemon_address));
}

int main(int argc, char **argv) {
        if (argc != 2)
                return 2;
        snprintf(daemon_address.sun_path, sizeof(daemon_address.sun_path), "%s/io.auditfail.Policy", argv[1]);
        enum auditfail_action action = auditfail_ask(NULL, NULL);
        dprintf(STDOUT_FILENO, "%lu %s %d\n", getauxval(AT_SECURE), looked_for.sun_path, action);
        _exit(0); /* a leak checker, which would come now, may not look into a setgid program */
}
