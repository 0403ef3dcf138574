/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/server/start.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/common/log.h"
#include "daemon/common/privileges.h"

bool start_log_target(const char *word, bool *ret_journal) {
        *ret_journal = strcmp(word, "journal") == 0;
        return *ret_journal || strcmp(word, "stderr") == 0;
}

bool start_seconds(const char *text, unsigned min, unsigned *ret) {
        char *end;
        unsigned long value;

        errno = 0;
        value = strtoul(text, &end, 10);
        if (errno != 0 || end == text || *end || *text == '-' || value < min || value > 86400)
                return false;
        *ret = (unsigned)value;
        return true;
}

void start_log_privileges(void) {
        char capabilities[256] = "";
        const char *name;
        unsigned cursor = 0;

        while ((name = privileges_next(&cursor)))
                snprintf(capabilities + strlen(capabilities), sizeof(capabilities) - strlen(capabilities), " cap_%s",
                         name);
        log_line(LOG_INFO, "Running as uid %u, gid %u, capabilities:%s", geteuid(), getegid(),
                 *capabilities ? capabilities : " none");
}

int start_listening(struct server *server, const struct sockets *sockets) {
        for (size_t i = 0; i < sockets->count; i++) {
                int r = server_listen(server, sockets->fds[i]);

                if (r < 0) {
                        log_line(LOG_ERR, "Could not listen: %s", strerror(-r));
                        return r;
                }
        }
        return 0;
}
