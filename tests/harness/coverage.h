/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A build that measures coverage includes this header before all others. An exit handler writes the counters of a
 * program, and _exit() does not call exit handlers. <unistd.h> is not included: its names are not reserved in all
 * files.
 */
#ifndef AUDITFAIL_COVERAGE_H
#define AUDITFAIL_COVERAGE_H

void __gcov_dump(void);

_Noreturn static inline void exit_with_counters(int status) {
        __gcov_dump();
        __builtin__exit(status);
}

#define _exit exit_with_counters

#endif
