/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors for programs whose audit_open() failed and that are to go on. One behaves as a socket to the kernel's
 * auditing would: it can be closed, duplicated, polled and inherited by a child; what is written to it goes nowhere.
 * audit_log_*() knows it again, by its inode: a number that was closed behind our back and means another file by now
 * is not mistaken for it.
 *
 * Everything here is thread-safe, works on both sides of a fork(), allocates nothing.
 */
#ifndef AUDITFAIL_STAND_IN_H
#define AUDITFAIL_STAND_IN_H

/*
 * A new stand-in, which remembers ERROR, the errno value that audit_open() failed with. Close-on-exec. Returns the
 * descriptor, or a negative errno when the process can have none; changes errno.
 */
int stand_in_new(int error);

/* The ERROR of FD; 0 when FD is no stand-in. Without a stand-in in the process it makes no system call. Keeps errno. */
int stand_in_error(int fd);

/* FD, a stand-in, is about to be closed. */
void stand_in_forget(int fd);

#endif
