/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/preload/change_root.h"

#include <errno.h>
#include <stdint.h>

#include "client/libauditfail/kept_fd.h"
#include "client/libauditfail/root.h"
#include "client/libauditfail/self.h"
#include "client/libauditfail/snapshot_read.h"
#include "client/preload/loss_log.h"
#include "protocol/cleanup.h"
#include "protocol/thread_state.h"

static void keep_snapshot_of(const char *folder) {
        uint64_t size;
        cleanup(cleanup_fd) int fd = snapshot_open(folder, &size);

        if (fd >= 0)
                kept_fd_keep(KEPT_SNAPSHOT, fd);
}

/* After a first chroot(), nothing more is kept: it would belong to the new root. */
void change_root_prepare(void) {
        cleanup(thread_state_restore) struct thread_state thread = thread_state_keep();

        root_remember();
        if (!root_is_other() && kept_fd_get(KEPT_SNAPSHOT) < 0)
                keep_snapshot_of(self_get()->folder);
        if (!root_is_other())
                loss_log_keep();
}

void change_root_done(void) {
        int saved = errno;

        root_look();
        errno = saved;
}
