/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A child process that does for the daemon what can block. It holds nothing of the daemon but one socket to it. */
#ifndef AUDITFAIL_CHILD_H
#define AUDITFAIL_CHILD_H

/* What the child does; then it exits with 0. CHANNEL is its end of the socket. */
typedef void child_fn(const void *data, int channel);

/*
 * Starts a child that calls RUN. Returns 0 or a negative errno. *RET_CHANNEL (a SOCK_SEQPACKET socket) and *RET_PROCESS
 * (a pidfd) are the caller's to close, and -1 where there is none. The caller waits for the child, which ignores the
 * signals that end the daemon: it ends when the channel does. Without a pidfd it is a zombie until the daemon ends.
 */
int child_start(child_fn *run, const void *data, int *ret_channel, int *ret_process);

#endif
