/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the bytes of a program's file or script tell: the programs that it names and may start, and what it does by
 * itself without audit. A name in a file is evidence, no proof; its absence proves nothing.
 */
#ifndef AUDITFAILCTL_CONTENTS_H
#define AUDITFAILCTL_CONTENTS_H

#include <stdbool.h>
#include <stddef.h>

#define CONTENTS_BYTES_MAX   (32 << 20) /* of a file; what follows is not looked at */
#define CONTENTS_NAMES_MAX   65536      /* names that are looked up, in all files */
#define CONTENTS_FILES_MAX   1024       /* programs and scripts that are looked at */
#define CONTENTS_HELPERS_MAX 16         /* programs that are told of */

struct contents {
        bool aborts;        /* a message of shadow's tools: they stop where audit cannot be opened */
        bool ends_sessions; /* a message of sshd: it ends a session whose record it cannot write */
        bool go;            /* a Go program: it makes system calls by itself, and its dynamic symbols tell little */
        char **helpers;     /* the paths of programs that write audit records, and are named in it */
        size_t helpers_count;
};

/*
 * Reads the program or script PATH. Helpers are followed: of a script that names a script, those of the second count,
 * too. What cannot be read is empty. Without memory auditfailctl ends. The caller clears *RET.
 */
void contents_read(const char *path, struct contents *ret);
void contents_clear(struct contents *contents);

#endif
