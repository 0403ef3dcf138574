/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of a tree that stands for /, such as an image that is being built (--root). Links stay in the tree, as for a
 * program whose root it is: a link to /data leads to the folder data of the tree.
 */
#ifndef AUDITFAILCTL_TREE_H
#define AUDITFAILCTL_TREE_H

#include <sys/types.h>

#include "client/auditfailctl/cli/command.h"
#include "daemon/policy/policy_fault.h"

/* This machine: fd AT_FDCWD, path "". A tree: path without slashes at its end. */
struct tree {
        int fd;
        char *path;
};

#define TREE_NULL ((struct tree){ .fd = -1 })

/* Opens the tree that --root names. The caller calls tree_close() in any case. Returns STATUS_OK, or STATUS_USAGE. */
int tree_open(const struct settings *settings, struct tree *ret);
void tree_close(struct tree *tree);

bool tree_is_machine(const struct tree *tree);

/* Opens PATH, an absolute path in the tree, as open() does. A tree needs Linux 5.6: before that, errno is ENOSYS. */
int tree_open_file(const struct tree *tree, const char *path, int flags);

/* As readlink(), for the link NAME in FOLDER, an absolute path in the tree. Returns a negative errno after an error. */
ssize_t tree_read_link(const struct tree *tree, const char *folder, const char *name, char *target, size_t size);

/* Returns PATH, an absolute path in the tree, for messages. The caller frees it. */
char *tree_path(const struct tree *tree, const char *path);

#endif
