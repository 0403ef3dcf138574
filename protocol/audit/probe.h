/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Would the kernel accept an audit record from this thread now? The probe writes no record, so it can stop a program
 * before the program does something that it could not record.
 *
 * The probe sends an empty message of type AUDIT_USER. It passes all checks of a record. Then the kernel (since
 * Linux 5.6) returns EINVAL, because there is no text to print, or 0 if auditing is off. See audit_receive_msg() in
 * kernel/audit.c. EPERM means that CAP_AUDIT_WRITE is missing. ECONNREFUSED means that the sender is in another user
 * namespace, or that the kernel was started with audit=0.
 */
#ifndef AUDITFAIL_PROBE_H
#define AUDITFAIL_PROBE_H

/*
 * Asks over FD, a socket of audit_open() without a pending answer. Returns 0 if the kernel would accept a record, or if
 * that is unknown, for example because the kernel is short of memory. Otherwise returns the negative errno of the
 * record, such as -EPERM or -ECONNREFUSED.
 *
 * Makes two system calls, which do not wait for the answer. But if more records than backlog_limit wait for the audit
 * daemon, the kernel makes every sender wait, even with MSG_DONTWAIT: until there is room, for at most
 * backlog_wait_time (60 s). See the end of audit_receive() in kernel/audit.c.
 *
 * Keeps errno, allocates nothing, async-signal-safe, thread-safe, no cancellation point. Leaves nothing to read on FD.
 */
int audit_probe(int fd);

/* The same over a new socket. If socket() fails, returns its negative errno, such as -EAFNOSUPPORT. */
int audit_probe_new(void);

#endif
