/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libauditfail-preload.so, and the lists in which it may stand: LD_PRELOAD of an environment, and /etc/ld.so.preload,
 * which reaches every program but statically linked ones (ld.so(8)).
 */
#ifndef AUDITFAILCTL_PRELOAD_H
#define AUDITFAILCTL_PRELOAD_H

#include <stdbool.h>

#include "client/auditfailctl/subject/elf_file.h"

#define PRELOAD_NAME "libauditfail-preload.so"
#define PRELOAD_FILE "/etc/ld.so.preload"

/*
 * The library's path: what AUDITFAIL_PRELOAD says, where that is an absolute path, else where it was installed. A path
 * and not a name, which the dynamic loader would look for by itself: a name that it does not find it complains of, and
 * runs the program without; a path can be looked at before.
 */
const char *preload_library(void);

/* Whether the library stands in LIST, names with blanks or colons between them; NULL is an empty one. */
bool preload_in_list(const char *list);

/* The same, and the dynamic loader would find it there, and load it into a program of the class and machine of LIKE. */
bool preload_from_list(const char *list, const struct elf_file *like);

/* Whether it stands in PRELOAD_FILE, and would be loaded from there. */
bool preload_everywhere(const struct elf_file *like);

/*
 * LIST with the library before all others, unless preload_library() stands there already; the caller frees it. Where
 * another path leads to one, or a name alone, the dynamic loader may not find it, and go on without.
 */
char *preload_add_to_list(const char *list);

#endif
