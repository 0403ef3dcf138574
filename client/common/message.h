/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a tool says: results on stdout, complaints on stderr, in one line that begins with the program's name. */
#ifndef AUDITFAIL_MESSAGE_H
#define AUDITFAIL_MESSAGE_H

#include <stdbool.h>

/* "PROGRAM: MESSAGE". Returns STATUS, an exit status, so that one statement can complain and give up. */
__attribute__((format(printf, 2, 3))) int complain(int status, const char *format, ...);

/* Writes out what stdout still holds. Returns false after a complaint that some output was lost, now or before. */
bool output_flush(void);

#endif
