/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Would the kernel take an audit record from this thread, now? Found out without writing one, so that a program can be
 * stopped before it does what it could not record.
 *
 * An empty message of type AUDIT_USER passes every check that a record passes, and is none: since Linux 5.6 the
 * kernel answers EINVAL to it ("at least one character to print", audit_receive_msg() in kernel/audit.c), or 0 where
 * auditing is switched off and records are dropped. EPERM says that CAP_AUDIT_WRITE is missing, ECONNREFUSED that the
 * sender is in a user namespace of its own, or that the kernel was started with audit=0.
 */
#ifndef AUDITFAIL_PROBE_H
#define AUDITFAIL_PROBE_H

/*
 * Asks over FD, a socket as audit_open() returns it, on which no other answer is due. Returns 0 when a record would be
 * taken, or when that cannot be told, as when the kernel is short of memory; else the negative errno with which a
 * record would fail, such as -EPERM or -ECONNREFUSED.
 *
 * Two system calls. Neither waits for the answer, but where more records wait for the audit daemon than the kernel's
 * backlog_limit, the kernel makes everybody wait who sends to it, whatever the message and MSG_DONTWAIT: until there is
 * room, for backlog_wait_time (60 s) at most (the end of audit_receive() in kernel/audit.c).
 *
 * Keeps errno, allocates nothing, async-signal-safe, thread-safe, no cancellation point. Nothing is left to read on FD.
 */
int audit_probe(int fd);

/* The same over a socket of its own; also the negative errno of a socket() that fails, such as -EAFNOSUPPORT. */
int audit_probe_new(void);

#endif
