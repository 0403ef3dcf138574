/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors for programs that go on although audit_open() failed. The program can close, duplicate, poll and inherit
 * a placeholder like a socket to the kernel, but it sends nothing. audit_log_*() recognise a placeholder by its inode.
 * So a descriptor that the program closed and opened again for another file is no placeholder.
 *
 * Every function is thread-safe, works on both sides of a fork(), and allocates nothing.
 */
#ifndef AUDITFAIL_PLACEHOLDER_H
#define AUDITFAIL_PLACEHOLDER_H

/*
 * Opens a placeholder that remembers ERROR, the errno value of audit_open(). Close-on-exec. Returns the descriptor, or
 * a negative errno if the process can open none; changes errno.
 */
int placeholder_new(int error);

/* The ERROR of FD; 0 if FD is no placeholder. Makes no system call in a process without placeholders. Keeps errno. */
int placeholder_error(int fd);

/* Call before FD is closed. Does nothing if FD is no placeholder. */
void placeholder_forget(int fd);

#endif
