/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AUDITFAIL_STDERR_IS_JOURNAL_H
#define AUDITFAIL_STDERR_IS_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Whether stderr is a stream to the journal. systemd puts its device and inode into $JOURNAL_STREAM (systemd.exec(5)).
 * Since then, stderr may have been redirected.
 */
static inline bool stderr_is_journal(void) {
        const char *stream = getenv("JOURNAL_STREAM");
        uintmax_t device, inode;
        struct stat st;

        return stream && sscanf(stream, "%ju:%ju", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
               st.st_dev == device && st.st_ino == inode;
}

#endif
