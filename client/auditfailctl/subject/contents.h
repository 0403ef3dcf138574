/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the bytes of a program or a script tell: the programs whose absolute paths it has and that it may start,
 * and how it reacts to audit that fails. A path in a file is evidence, not proof, and its absence proves nothing.
 */
#ifndef AUDITFAILCTL_CONTENTS_H
#define AUDITFAILCTL_CONTENTS_H

#include <stdbool.h>

#include "client/auditfailctl/subject/string_list.h"

#define CONTENTS_MAX         (32 << 20) /* bytes of a file; the rest is not read */
#define CONTENTS_PATHS_MAX   65536      /* paths that are looked up */
#define CONTENTS_HELPERS_MAX 16

struct contents {
        bool aborts;                /* a message of shadow's tools: they stop if they cannot open audit */
        bool ends_sessions;         /* a message of sshd: sshd ends a session whose record it cannot write */
        bool go;                    /* a Go program: it makes system calls by itself, without dynamic symbols */
        struct string_list helpers; /* programs whose paths it has, and that write audit records */
};

/*
 * Reads the program or script PATH. Where it cannot be read, *RET is empty. Without memory the program ends. The caller
 * clears *RET.
 */
void contents_read(const char *path, struct contents *ret);
void contents_clear(struct contents *contents);

#endif
