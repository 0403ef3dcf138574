/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AUDITFAIL_BASE_NAME_H
#define AUDITFAIL_BASE_NAME_H

#include <string.h>

/* What follows the last slash of PATH: a pointer into PATH. "" if PATH ends in a slash. Async-signal-safe. */
static inline const char *base_name(const char *path) {
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

#endif
