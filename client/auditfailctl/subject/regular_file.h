/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens files that an untrusted script or program names. Opening a device can have effects: a watchdog starts, a tape
 * rewinds. A descriptor with O_PATH opens nothing; it tells whether the file is regular, and that same file is opened
 * through it.
 */
#ifndef AUDITFAILCTL_REGULAR_FILE_H
#define AUDITFAILCTL_REGULAR_FILE_H

#include <sys/stat.h>

/*
 * Finds the regular file PATH, without the right to read it. Returns a descriptor with O_PATH, or negative errno:
 * -EACCES where it is no regular file, as of execve(2).
 */
int regular_file_find(const char *path, struct stat *ret);

/* Opens the file of FD, a descriptor with O_PATH, for reading. Returns a descriptor or negative errno. */
int regular_file_reopen(int fd);

/* Opens the regular file PATH for reading. Returns a descriptor or negative errno. */
int regular_file_open(const char *path);

#endif
