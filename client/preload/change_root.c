/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "change_root.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>

#include "cleanup.h"
#include "exchange.h"
#include "keep.h"
#include "self.h"
#include "snapshot_read.h"

static void keep_connection_to(const char *folder) {
        cleanup(cleanup_fd) int fd = exchange_connect_now(folder);

        if (fd >= 0)
                keep(KEPT_CONNECTION, fd);
}

static void keep_snapshot_of(const char *folder) {
        uint64_t size;
        cleanup(cleanup_fd) int fd = snapshot_open(folder, &size);

        if (fd >= 0)
                keep(KEPT_SNAPSHOT, fd);
}

void change_root_prepare(void) {
        const char *folder = self_get()->folder;
        int saved = errno, cancelable;

        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelable);
        if (!keep_has(KEPT_CONNECTION))
                keep_connection_to(folder);
        if (!keep_has(KEPT_SNAPSHOT))
                keep_snapshot_of(folder);
        pthread_setcancelstate(cancelable, NULL);
        errno = saved;
}
