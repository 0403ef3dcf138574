/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens a policy file or folder by looking up one name of its path after the other, through links and chains of links.
 * A user who can change a folder can put another file behind a name in it at any time. So each folder in which a name
 * is looked up must belong to root, or to the owner, and must not be writable by others. The folder is judged through
 * the same descriptor in which the next name is then looked up, so there is no race.
 *
 * If a tree stands for /, as an image or a test has it, links stay in the tree: there, absolute links begin at its top,
 * and ".." does not lead above it.
 */
#ifndef AUDITFAIL_POLICY_WALK_H
#define AUDITFAIL_POLICY_WALK_H

#include "daemon/policy/policy_fault.h"

/*
 * Opens NAME, a relative path, below FROM, with the FLAGS of open(). Does not check FROM itself. Problems call NAME
 * PATH. Returns 0; -ENOENT, which is no problem, if NAME does not exist; or another negative errno after a problem was
 * added, such as -EPERM for a folder that other users can change, or -ELOOP for too many links.
 */
int policy_walk(const struct policy_trust *trust, const struct policy_folder *from, const char *name, const char *path,
                int flags, int *ret_fd);

#endif
