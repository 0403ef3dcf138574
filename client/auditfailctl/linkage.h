/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which of the libraries that matter here come into a program with it: those that it is linked with, those that these
 * are linked with, and so on, found where ld.so(8) finds them (/etc/ld.so.conf stands for the cache made of it). What
 * a program loads later by itself, such as PAM's modules and sudo's plugins, is not among them.
 */
#ifndef AUDITFAILCTL_LINKAGE_H
#define AUDITFAILCTL_LINKAGE_H

#include <stdbool.h>

#include "elf_file.h"

struct linkage {
        char *audit; /* what is linked with libaudit: "" the program itself, else a library's name; NULL: nothing is */
        bool pam;    /* libpam */
        bool stub;   /* libauditfail: the program asks by itself */
        char *lost;  /* a library that is not where it is looked for, the first of them; NULL: none */
};

/* Of the program ELF, whose file is PATH. Without memory the program ends. The caller clears *RET. */
void linkage_find(const struct elf_file *elf, const char *path, struct linkage *ret);
void linkage_clear(struct linkage *linkage);

#endif
