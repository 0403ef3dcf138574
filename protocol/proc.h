/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What /proc says about a process. All of it can be another process's if the pid was reused. To rule that out, open a
 * pidfd first, read, and then check that the process has not ended: while it lives, its pid is its own.
 *
 * Needs libc alone and allocates nothing. Every function is thread-safe and async-signal-safe, and may change errno.
 */
#ifndef AUDITFAIL_PROC_H
#define AUDITFAIL_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Opens the folder of process PID, for the functions below; the caller closes it. Returns it or a negative errno. */
int proc_open(pid_t pid);

/*
 * Reads file NAME of FOLDER (AT_FDCWD: NAME is a path) with one read(2), as a string, into BUFFER of SIZE bytes.
 * Returns its length, or a negative errno and an empty string.
 */
ssize_t proc_read(int folder, const char *name, char *buffer, size_t size);

/* Reads the number in file NAME, such as "loginuid". Returns 0, or a negative errno (-EBADMSG: no number). */
int proc_read_id(int folder, const char *name, uint32_t *ret);

/*
 * Reads number INDEX (from 0) in BASE after LABEL, such as "\nUid:", in the file "status". BASE is 10 or 16. Returns 0,
 * or a negative errno (-ENODATA: not found; the capabilities of a process with many groups are too far from the start).
 */
int proc_read_status(int folder, const char *label, unsigned index, unsigned base, uint64_t *ret);

/* Returns 1 if the process of PIDFD has ended (a zombie has), 0 if it lives, or a negative errno. Does not wait. */
int proc_has_ended(int pidfd);

#endif
