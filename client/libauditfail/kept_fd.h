/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors that a process keeps when it changes its root by chroot(2): behind it there is no way to the snapshot
 * and to the log, or a wrong one (root.h). They are close-on-exec and from KEPT_FD_MIN upwards, where no program
 * expects its next file.
 *
 * No connection to the daemon is among them: the daemon would take whoever finds it for the user who made it, and a
 * program may have given up that user's rights since. The snapshot is for everybody to read, and the log asks the
 * kernel who sends each message.
 *
 * Everything here allocates nothing, is async-signal-safe and thread-safe, and may change errno.
 */
#ifndef AUDITFAIL_KEPT_FD_H
#define AUDITFAIL_KEPT_FD_H

#include <stdbool.h>

#define KEPT_FD_MIN 64

enum kept {
        KEPT_SNAPSHOT, /* for pread(2) alone */
        KEPT_JOURNAL,  /* connected to the journal's socket */
        KEPT_SYSLOG,   /* to syslog's */
        KEPT_COUNT
};

/* Keeps a copy of FD, unless one is kept already. Without a descriptor to spare nothing is kept. */
void kept_fd_keep(enum kept which, int fd);

/*
 * The descriptor, which stays kept, or -ENOENT where there is none. The program may have closed it meanwhile, and
 * opened another file of that number: that is found out.
 */
int kept_fd_get(enum kept which);

#endif
