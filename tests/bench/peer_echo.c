/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bench/peer_echo.h"

#include <err.h>
#include <sys/socket.h>
#include <unistd.h>

static void serve(int listener, const struct message *reply, bool kept) {
        struct message request;

        for (;;) {
                int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

                if (fd < 0)
                        err(1, "accept");
                while (message_receive(fd, &request) == 0) {
                        message_send(fd, reply);
                        if (!kept)
                                break;
                }
                close(fd);
        }
}

static void start(struct side *side, bool kept) {
        side->address = socket_address(side->conversation->folder, kept ? "echo-kept" : "echo");
        unlink(side->address.sun_path);
        int listener = socket_listen(&side->address);

        side->server = fork_bound();
        if (side->server == 0)
                serve(listener, &side->conversation->reply, kept);
        close(listener);
}

void peer_echo_start(struct side *side) {
        start(side, false);
}

void peer_echo_connected(struct side *side) {
        int fd = socket_connect(&side->address);

        exchange(fd, &side->conversation->request);
        close(fd);
}

void peer_echo_connect(struct side *side) {
        start(side, true);
        side->fd = socket_connect(&side->address);
}

void peer_echo_kept(struct side *side) {
        exchange(side->fd, &side->conversation->request);
}
