/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who calls libaudit in a program: the program itself, or a library that comes with it. These are the libraries that it
 * is linked with, those that these are linked with, and so on, found where ld.so(8) finds them (/etc/ld.so.conf stands
 * for the cache made of it). What a program loads later by itself, such as PAM's modules and sudo's plugins, is not
 * among them.
 *
 * To be linked with libaudit says little: libsystemd-shared brings it into journalctl, which never calls it. What
 * counts is a dynamic symbol, by which a file wants a function that writes records.
 */
#ifndef AUDITFAILCTL_LINKAGE_H
#define AUDITFAILCTL_LINKAGE_H

#include <stdbool.h>

#include "client/auditfailctl/subject/elf_file.h"

struct linkage {
        char *audit; /* what calls libaudit: "" the program itself, else a library's name; NULL: nothing does */
        bool pam;    /* something in it starts PAM */
        bool stub;   /* libauditfail: the program asks by itself */
        char *lost;  /* a library that is not where it is looked for, the first of them; NULL: none */
};

/* What one file wants of others, by its dynamic symbols. */
bool linkage_writes_records(const struct elf_file *elf);
bool linkage_starts_pam(const struct elf_file *elf);

/* Whether the program itself writes records, besides those that libpam or another library may write for it. */
bool linkage_is_direct(const struct linkage *linkage);

/* Of the program ELF, whose file is PATH. Without memory the program ends. The caller clears *RET. */
void linkage_find(const struct elf_file *elf, const char *path, struct linkage *ret);
void linkage_clear(struct linkage *linkage);

#endif
