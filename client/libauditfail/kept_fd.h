/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors that a process keeps open when it calls chroot(2). In the new root, the paths of the snapshot and of the
 * log lead nowhere, or to the wrong file (root.h). The descriptors are close-on-exec, and KEPT_FD_MIN or higher,
 * because programs expect their next file at a lower number.
 *
 * A connection to the daemon is not kept. The daemon would take its user for the one who connected, but the program may
 * have given up the rights of that user. Every user may read the snapshot, and the log asks the kernel who sends each
 * message.
 *
 * Every function allocates nothing, is async-signal-safe and thread-safe, and may change errno.
 */
#ifndef AUDITFAIL_KEPT_FD_H
#define AUDITFAIL_KEPT_FD_H

#define KEPT_FD_MIN 64

enum kept {
        KEPT_SNAPSHOT, /* only for pread(2) */
        KEPT_JOURNAL,  /* connected to the journal's socket */
        KEPT_COUNT
};

/* Keeps a copy of FD, unless WHICH is kept already, or the process has too many descriptors. */
void kept_fd_keep(enum kept which, int fd);

/*
 * Returns the descriptor, which stays kept, or -ENOENT. Also returns -ENOENT if the program has closed the descriptor,
 * or replaced it by another file.
 */
int kept_fd_get(enum kept which);

#endif
