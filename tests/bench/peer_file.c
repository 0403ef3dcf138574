/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bench/peer_file.h"

#include <err.h>
#include <fcntl.h>
#include <libaudit.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

void peer_file_read(struct side *side) {
        char path[PATH_MAX], text[4096];

        snprintf(path, sizeof(path), "%s/../root/etc/auditfail/app-00000.conf", side->conversation->folder);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || read(fd, text, sizeof(text)) <= 0)
                err(1, "cannot read %s", path);
        close(fd);
}

void peer_file_libaudit(struct side *side) {
        auditfail_t action;

        (void)side;
        if (get_auditfail_action(&action) != 0)
                errx(1, "libaudit's get_auditfail_action() failed");
}
