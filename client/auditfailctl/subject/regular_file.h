/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens files that an untrusted script or program names. Opening a device can have effects: a watchdog starts, a tape
 * rewinds. So these functions first take a descriptor with O_PATH, which opens nothing, and open the file through it
 * only if it is regular.
 */
#ifndef AUDITFAILCTL_REGULAR_FILE_H
#define AUDITFAILCTL_REGULAR_FILE_H

#include <stddef.h>
#include <sys/stat.h>

/*
 * Finds the regular file PATH, which the caller need not be able to read. Returns a descriptor with O_PATH, or negative
 * errno: -EACCES, as execve(2), if PATH is no regular file.
 */
int regular_file_find(const char *path, struct stat *ret);

/* Opens the file of FD, a descriptor with O_PATH, for reading. Returns a descriptor or negative errno. */
int regular_file_reopen(int fd);

/* Opens the regular file PATH for reading. Returns a descriptor or negative errno. */
int regular_file_open(const char *path);

/*
 * Returns the first MAX bytes of the regular file PATH, at most its size, with a NUL behind them, which the caller
 * frees. NULL: it cannot be read. A file of /proc has the size 0, and is not read: reading /proc/kmsg would take
 * messages from it. Without memory the program ends.
 */
char *regular_file_read(const char *path, size_t max, size_t *ret_size);

#endif
