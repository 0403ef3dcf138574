/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which file of a program calls libaudit, and which starts PAM: the program itself, or a library that comes with it.
 * A library that the program loads later, such as a module of PAM or a plugin of sudo, is not among them.
 *
 * That a program is linked with libaudit says little: libsystemd-shared brings it into journalctl, which never calls
 * it. What counts is a dynamic symbol of a function that writes records.
 */
#ifndef AUDITFAILCTL_LINKAGE_H
#define AUDITFAILCTL_LINKAGE_H

#include <stdbool.h>

#include "client/auditfailctl/subject/elf_file.h"

struct linkage {
        char *audit;   /* the file that calls libaudit: "" the program itself, else a library; NULL: none does */
        bool pam;      /* a file starts PAM */
        bool stub;     /* libauditfail is there */
        bool offers;   /* libaudit is there, and has the functions of libauditfail */
        bool asks;     /* the program, or a library other than libpam, asks by itself: asks_itself.h */
        bool pam_asks; /* libpam asks by itself */
        char *lost;    /* the first library that linkage_find() does not find; NULL: it finds all */

        /* Used until linkage_finish(). */
        bool has_libaudit, has_libpam;
        char *pam_writer; /* libpam, if it calls libaudit; else NULL */
};

/*
 * Looks at the program ELF, read from PATH, at the libraries that it is linked with, at their libraries, and so on. The
 * search follows ld.so(8) with two simplifications: the runpath of the program stands for that of each library, and the
 * folders in /etc/ld.so.conf and /etc/ld.so.conf.d/ stand for the cache of ldconfig(8). Without memory the program
 * ends. The caller clears *RET.
 */
void linkage_find(const struct elf_file *elf, const char *path, struct linkage *ret);

/*
 * The same for files that the caller finds: linkage_add() for each, then linkage_finish(). NAME is "" for the program,
 * else the file name of a library. ELF is NULL if the file cannot be read: then the file counts as calling libaudit and
 * PAM, and not as asking by itself.
 */
void linkage_add(struct linkage *linkage, const char *name, const struct elf_file *elf);
void linkage_finish(struct linkage *linkage);

/* Whether the program itself writes records, besides those that libpam or another library may write for it. */
bool linkage_is_direct(const struct linkage *linkage);

void linkage_clear(struct linkage *linkage);

#endif
