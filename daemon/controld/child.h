/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs what can block in a child process. Beside standard streams, the child has one descriptor: a socket. */
#ifndef AUDITFAIL_CHILD_H
#define AUDITFAIL_CHILD_H

/* Runs in the child, which then exits with 0. CHANNEL is its end of the socket. */
typedef void child_fn(const void *data, int channel);

/*
 * Starts a child that calls RUN. The caller closes *RET_CHANNEL (a SOCK_SEQPACKET socket) and *RET_PROCESS (a pidfd),
 * and waits for the child. The child ignores SIGTERM, SIGINT and SIGHUP; RUN must return when the channel ends. Returns
 * 0 or a negative errno, with -1 for both; if there is no pidfd, the child stays a zombie until the daemon ends.
 */
int child_start(child_fn *run, const void *data, int *ret_channel, int *ret_process);

#endif
