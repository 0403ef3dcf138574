/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * use-device SOCKET NAME COMMAND...
 *
 * Asks device-allocator for the device NAME, and runs COMMAND with the device
 * as its standard input, open for reading and writing. The connection stays
 * open in COMMAND and its children: the device is returned when all have ended.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_to(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int connection = socket(AF_UNIX, SOCK_SEQPACKET, 0);

        if (strlen(path) >= sizeof(address.sun_path))
                errx(EXIT_FAILURE, "%s: the path is too long", path);
        strcpy(address.sun_path, path);
        if (connection < 0 || connect(connection, (struct sockaddr *)&address,
                                      sizeof(address)) < 0)
                err(EXIT_FAILURE, "cannot connect to %s", path);
        if (connection == STDIN_FILENO) /* which the device replaces */
                errx(EXIT_FAILURE, "standard input is closed; open it");
        return connection;
}

/* Returns the descriptor of the device NAME. Ends the program without one. */
static int receive_device(int connection, const char *name) {
        char reason[128];
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int))];
        } control;
        struct iovec part = { .iov_base = reason,
                              .iov_len = sizeof(reason) - 1 };
        struct msghdr message = { .msg_iov = &part,
                                  .msg_iovlen = 1,
                                  .msg_control = &control,
                                  .msg_controllen = sizeof(control) };
        ssize_t length = recvmsg(connection, &message, 0);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        int device;

        if (length <= 0)
                errx(EXIT_FAILURE, "%s: device-allocator gave no answer", name);
        reason[length] = '\0';
        if (!header || header->cmsg_type != SCM_RIGHTS)
                errx(EXIT_FAILURE, "%s: %s", name, reason);
        memcpy(&device, CMSG_DATA(header), sizeof(device));
        return device;
}

int main(int argc, char **argv) {
        if (argc < 4)
                errx(EXIT_FAILURE, "usage: use-device SOCKET NAME COMMAND...");

        int connection = connect_to(argv[1]);
        if (send(connection, argv[2], strlen(argv[2]), MSG_NOSIGNAL) < 0)
                err(EXIT_FAILURE, "cannot ask device-allocator");
        int device = receive_device(connection, argv[2]);
        if (dup2(device, STDIN_FILENO) < 0)
                err(EXIT_FAILURE, "standard input");
        close(device);
        execvp(argv[3], argv + 3);
        err(EXIT_FAILURE, "%s", argv[3]);
}
