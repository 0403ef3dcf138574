/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libauditfail-preload.so, and the lists that load it: LD_PRELOAD of an environment, and /etc/ld.so.preload, which
 * reaches all programs but statically linked ones (ld.so(8)).
 */
#ifndef AUDITFAILCTL_PRELOAD_H
#define AUDITFAILCTL_PRELOAD_H

#include <stdbool.h>

#include "client/auditfailctl/subject/elf_file.h"

#define PRELOAD_FILE "/etc/ld.so.preload"

/* The variables of an environment that load the library, or that it reads. */
struct variables {
        char *preload, *application; /* LD_PRELOAD and AUDITFAIL_APPLICATION; NULL: not set */
};

/* Keeps the value of ASSIGNMENT, "NAME=VALUE", of such a variable. The first value of a name counts (getenv(3)). */
void variables_note(struct variables *variables, const char *assignment);
void variables_clear(struct variables *variables);

/*
 * The library's path: AUDITFAIL_PRELOAD where that is an absolute path, else the place of the installed library. A
 * path, since the dynamic loader only complains of a name that it does not find, and runs the program without it.
 */
const char *preload_library(void);

/*
 * Whether the dynamic loader loads the library from LIST, names with blanks or colons between them (NULL: none), into a
 * program of the class and machine of LIKE.
 */
bool preload_is_loaded(const char *list, const struct elf_file *like);

/* Whether it stands in PRELOAD_FILE, and is loaded from there into programs such as LIKE. */
bool preload_everywhere(const struct elf_file *like);

/*
 * LIST with preload_library() before all others, unless that path is in LIST already; the caller frees it. Another path
 * or name of the library is no reason to leave it out: the dynamic loader may not find that one.
 */
char *preload_add_to_list(const char *list);

#endif
