/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Releases what a variable holds when the variable goes out of scope:
 *
 *      cleanup(cleanup_fd) int fd = open(...);
 *      cleanup(cleanup_free) char *text = NULL;
 *      return TAKE_FD(fd);     // the caller has it now
 */
#ifndef AUDITFAIL_CLEANUP_H
#define AUDITFAIL_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* clang takes a variable for unused if only its cleanup function uses it. */
#define cleanup(function) __attribute__((cleanup(function), unused))

#define TAKE_FD(fd)                                                                                                    \
        ({                                                                                                             \
                int take_fd_ = (fd);                                                                                   \
                (fd) = -1;                                                                                             \
                take_fd_;                                                                                              \
        })

#define TAKE_PTR(pointer)                                                                                              \
        ({                                                                                                             \
                __typeof__(pointer) take_ptr_ = (pointer);                                                             \
                (pointer) = NULL;                                                                                      \
                take_ptr_;                                                                                             \
        })

/* Each keeps errno, so that `return -errno` works. */
static inline void cleanup_fd(int *fd) {
        int saved = errno;

        if (*fd >= 0)
                close(*fd);
        errno = saved;
}

static inline void cleanup_free(void *pointer) {
        int saved = errno;

        free(*(void **)pointer);
        errno = saved;
}

static inline void cleanup_file(FILE **file) {
        int saved = errno;

        if (*file)
                fclose(*file);
        errno = saved;
}

static inline void cleanup_dir(DIR **dir) {
        int saved = errno;

        if (*dir)
                closedir(*dir);
        errno = saved;
}

#endif
