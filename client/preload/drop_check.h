/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the records that the kernel acknowledges and drops: while auditing is off, where a rule excludes them, and when
 * its counter of lost records rises.
 *
 *      watch_open(fd)           after audit_open(), or with -1 before anything is done
 *      watch_before(type)       before a record
 *      watch_after(type)        after a record that the kernel acknowledged
 *
 * What was found holds for WATCH_FRESH_MS in the thread that found it, so that a program that opens audit and writes at
 * once looks once. A process with CAP_AUDIT_CONTROL asks the kernel, any other one auditfaild: libauditfail's check.h.
 *
 * Everything here keeps errno, allocates nothing, is thread-safe and no cancellation point.
 */
#ifndef AUDITFAIL_WATCH_H
#define AUDITFAIL_WATCH_H

#define WATCH_FRESH_MS   1000
#define WATCH_TIMEOUT_MS 1000  /* for auditfaild */
#define WATCH_PAUSE_MS   60000 /* before an auditfaild that did not answer is asked again */

/*
 * FD is a new socket to the kernel, or -1, which takes two more. Returns 0, or the errno value with which every record
 * would be lost. Three system calls; with CAP_AUDIT_CONTROL those of audit_state.h besides.
 */
int watch_open(int fd);

/* Looks, if nothing fresh is known. Makes no system call otherwise. */
void watch_before(unsigned type);

/*
 * Returns 0 when the kernel keeps the record, as far as this process can find out; else the errno value with which it
 * is lost. Five system calls with CAP_AUDIT_CONTROL; otherwise none, unless the kernel is about to lose records.
 */
int watch_after(unsigned type);

#endif
