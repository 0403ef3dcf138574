/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shows that a test leaves no descriptor open. */
#ifndef AUDITFAIL_TEST_COUNT_DESCRIPTORS_H
#define AUDITFAIL_TEST_COUNT_DESCRIPTORS_H

#include <criterion/criterion.h>
#include <dirent.h>

/* Entries of /proc/self/fd: those that count and list are always among them. */
static inline size_t count_descriptors(void) {
        DIR *folder = opendir("/proc/self/fd");
        size_t count = 0;

        cr_assert_not_null(folder);
        while (readdir(folder))
                count++;
        closedir(folder);
        return count;
}

#endif
