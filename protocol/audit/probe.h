/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Would the kernel accept an audit record from this thread now? The probe writes no record, so it can stop a program
 * before the program does something that it could not record. refusal.h says how it works, and what it costs.
 *
 * Both functions return 0 if the kernel would accept a record, or if that is unknown. Otherwise they return the
 * negative errno of the record, such as -EPERM or -ECONNREFUSED; -ERROR_DISABLED if auditing is off.
 *
 * They keep errno, allocate nothing, are async-signal-safe, thread-safe, and no cancellation points.
 */
#ifndef AUDITFAIL_PROBE_H
#define AUDITFAIL_PROBE_H

/* Asks over FD, a socket of audit_open() without a pending answer. Leaves nothing to read on FD. */
int audit_probe(int fd);

/* The same over a new socket. If socket() fails, returns its negative errno, such as -EAFNOSUPPORT. */
int audit_probe_new(void);

#endif
