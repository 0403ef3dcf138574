/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which auditctl runs if root types its name. Root's login shells and sudo search the same folders in the same order.
 * Callers with another path, such as cron, can find another one; see auditctl-stop(8).
 */
#ifndef AUDITFAILCTL_AUDITCTL_PATH_H
#define AUDITFAILCTL_AUDITCTL_PATH_H

#include <stdbool.h>

#include "client/auditfailctl/files/tree.h"

struct auditctl_path {
        const char *file; /* the first auditctl in the folders, without the tree's root; NULL: there is none */
        bool ours;        /* it is the file AUDITCTL_PATH, or a link to it */
};

/* Allocates nothing. */
struct auditctl_path auditctl_path_find(const struct tree *tree);

#endif
