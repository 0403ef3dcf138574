/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Output of a command line program: results go to stdout, errors to stderr. */
#ifndef AUDITFAIL_MESSAGE_H
#define AUDITFAIL_MESSAGE_H

#include <stdbool.h>

/*
 * Prints "PROGRAM: MESSAGE" to stderr. Returns STATUS, an exit status, so that a caller can print an error and return
 * in one statement.
 */
__attribute__((format(printf, 2, 3))) int complain(int status, const char *format, ...);

/* Flushes stdout. Returns false after an error message if output was lost, now or earlier. */
bool output_flush(void);

#endif
