/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a path leads in the mount namespace of another process. For workers. Not thread-safe. */
#ifndef AUDITFAIL_MOUNTS_H
#define AUDITFAIL_MOUNTS_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct mounted {
        char device[24];         /* "MAJOR:MINOR" of the file system */
        char file[2 * PATH_MAX]; /* path within the file system. Equal with DEVICE: the same file in both namespaces */
        char point[PATH_MAX];    /* where the process has the file system */
        bool read_only;          /* for the process */
};

/*
 * Finds the mount that PATH, which is absolute, leads to for process PID. Follows the links of PATH as this process
 * sees them. PATH need not exist. Unlike /proc/PID/root, this needs no right to trace PID. Returns false if PID has
 * ended, or PATH has a loop of links or is too long.
 */
bool mounts_find(pid_t pid, const char *path, struct mounted *ret);

#endif
