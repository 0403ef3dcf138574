/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files whose names somebody else may have written, in a script or a program that root looks at. To open what is none
 * can have effects of its own (a watchdog begins to count, a tape is rewound), so that it is looked at before: by a
 * descriptor with O_PATH, which opens nothing, and from which that very file is then opened.
 */
#ifndef AUDITFAILCTL_REGULAR_FILE_H
#define AUDITFAILCTL_REGULAR_FILE_H

#include <sys/stat.h>

/*
 * What is at PATH. Returns a descriptor with O_PATH, for which no right to read is needed; -EACCES where it is no
 * regular file, as execve(2) does; or another negative errno.
 */
int regular_file_find(const char *path, struct stat *ret);

/* Opens for reading what FD, a descriptor with O_PATH, stands for. Returns a descriptor or negative errno. */
int regular_file_reopen(int fd);

/* Both at once: opens the regular file PATH for reading. Returns a descriptor or negative errno. */
int regular_file_open(const char *path);

#endif
