/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds records that the kernel acknowledges and then drops: while auditing is off, if a rule excludes them, and if the
 * counter of lost records rises.
 *
 *      drop_check_open(fd)           after audit_open(), or with -1 before the program has done anything
 *      drop_check_before(type)       before a record
 *      drop_check_after(type)        after a record that the kernel acknowledged
 *
 * Each thread keeps its result for DROP_CHECK_FRESH_MS. So a program that opens audit and writes a record at once asks
 * only once. A process with CAP_AUDIT_CONTROL asks the kernel. Other processes ask auditfaild: check.h of libauditfail.
 *
 * While the kernel's queue is full, the kernel makes each sender wait for up to a minute, whatever is sent. So a probe
 * or a record that had to wait ends the questions for DROP_CHECK_FULL_MS. The program then waits only for its records.
 *
 * Every function keeps errno, allocates nothing, is thread-safe and no cancellation point.
 */
#ifndef AUDITFAIL_DROP_CHECK_H
#define AUDITFAIL_DROP_CHECK_H

#define DROP_CHECK_FRESH_MS   1000
#define DROP_CHECK_TIMEOUT_MS 1000  /* for auditfaild */
#define DROP_CHECK_PAUSE_MS   60000 /* without questions to an auditfaild that did not answer */
#define DROP_CHECK_FULL_MS    10000 /* without questions to a kernel whose queue was full */

/*
 * FD is a new socket to the kernel; -1 costs two more system calls. Returns 0, or the errno value with which every
 * record would be lost. Makes three system calls; with CAP_AUDIT_CONTROL also those of audit_state.h.
 */
int drop_check_open(int fd);

/* Asks again if the last result is too old. Otherwise makes no system call. */
void drop_check_before(unsigned type);

/*
 * Returns 0 if the kernel keeps the record, as far as this process can find out; otherwise the errno value with which
 * it is lost. Makes five system calls with CAP_AUDIT_CONTROL; otherwise none, unless the kernel may lose records now.
 */
int drop_check_after(unsigned type);

#endif
