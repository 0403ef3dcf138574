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

/* The variables of an environment that load the library, or that the library reads. */
struct variables {
        char *preload, *application; /* LD_PRELOAD and AUDITFAIL_APPLICATION; NULL: not set */
};

/* Keeps the value of ASSIGNMENT, "NAME=VALUE", of such a variable. The first value of a name counts (getenv(3)). */
void variables_note(struct variables *variables, const char *assignment);
void variables_clear(struct variables *variables);

/*
 * The library's path: AUDITFAIL_PRELOAD if that is an absolute path, else the installed library. Never a bare name: if
 * the dynamic loader does not find it, it only prints a warning, and runs the program without the library.
 */
const char *preload_library(void);

/*
 * Whether the dynamic loader loads the library from LIST, names with blanks or colons between them (NULL: none), into a
 * program of the class and machine of LIKE. ABSOLUTE: a name without a folder does not count.
 */
bool preload_is_loaded(const char *list, const struct elf_file *like, bool absolute);

/* Whether it stands in PRELOAD_FILE, and is loaded from there into programs such as LIKE. */
bool preload_everywhere(const struct elf_file *like);

/*
 * Returns LIST with preload_library() in front, or a copy of LIST if it has that path already. The caller frees it. If
 * LIST has another path or name of the library, the path is still added: the dynamic loader may not find the other one.
 */
char *preload_add_to_list(const char *list);

#endif
