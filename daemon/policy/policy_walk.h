/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens a policy file or folder by looking up one name of its path after the other, through links and chains of links.
 * A user who can change a folder can put another file behind a name in it at any time. So each folder in which a name
 * is looked up must belong to root, or to the owner, and must not be writable by others. The folder is judged through
 * the same descriptor in which the next name is then looked up, so there is no race.
 */
#ifndef AUDITFAIL_POLICY_WALK_H
#define AUDITFAIL_POLICY_WALK_H

#include "daemon/policy/policy_fault.h"

/* An open folder (O_PATH is enough), and how problems call it: "" is /. */
struct policy_folder {
        int fd;
        const char *path;
};

/*
 * Opens NAME, of one name or several, below FROM, with the FLAGS of open(). FROM itself is for the caller to judge.
 * PATH is how problems call NAME. Returns 0; -ENOENT, which is no problem, where nothing is there; another negative
 * errno, and the problems tell why: -EPERM for a folder that others can change, -ELOOP for too many links.
 */
int policy_walk(const struct policy_trust *trust, const struct policy_folder *from, const char *name, const char *path,
                int flags, int *ret_fd);

#endif
