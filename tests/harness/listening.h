/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A socket that a test listens on. */
#ifndef AUDITFAIL_TEST_LISTENING_H
#define AUDITFAIL_TEST_LISTENING_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * Makes FOLDER ("/tmp/...XXXXXX"), and listens at FOLDER/socket, which *RET_ADDRESS becomes. Every user may connect.
 * Messages have credentials. Returns the descriptor.
 */
static inline int listen_in(char *folder, struct sockaddr_un *ret_address) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        cr_assert_not_null(mkdtemp(folder));
        chmod(folder, 0755);
        *ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
        snprintf(ret_address->sun_path, sizeof(ret_address->sun_path), "%s/socket", folder);
        cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, sizeof(int)), 0);
        cr_assert_eq(bind(fd, (const struct sockaddr *)ret_address, sizeof(*ret_address)), 0);
        chmod(ret_address->sun_path, 0666);
        cr_assert_eq(listen(fd, 16), 0);
        return fd;
}

/* Removes FOLDER and what is in it. */
static inline void remove_folder(const char *folder) {
        char command[128];

        snprintf(command, sizeof(command), "rm -r %s", folder);
        cr_assert_eq(system(command), 0);
}

#endif
