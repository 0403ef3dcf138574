/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the daemon can read. Root can read files that the daemon cannot, so root opens files as the user that the daemon
 * runs as. Then the kernel decides: modes, groups, access control lists, each folder on the way. The daemon has no
 * supplementary groups, and no capabilities that help to read files.
 */
#ifndef AUDITFAILCTL_DAEMON_USER_H
#define AUDITFAILCTL_DAEMON_USER_H

#include <stdbool.h>
#include <sys/types.h>

#include "client/auditfailctl/files/tree.h"
#include "daemon/policy/diagnostic.h"

struct daemon_user {
        uid_t uid;
        gid_t gid;
        bool becomes; /* this process is root, and can become the user */
};

/*
 * Finds the user that the daemon runs as if OWNER starts it. For root this is the user auditfail, or nobody if there is
 * no such user. TREE has the list of users (NULL: this machine). If root cannot become the user, adds a warning to
 * PROBLEMS. Root gives up its supplementary groups.
 */
struct daemon_user daemon_user_find(uid_t owner, const struct tree *tree, struct diagnostics *problems);

/*
 * Opens files as USER, or as root again, from now on. Both do nothing unless USER.becomes, and end the program if the
 * kernel refuses. The kernel takes and returns the effective capabilities.
 */
void daemon_user_enter(const struct daemon_user *user);
void daemon_user_leave(const struct daemon_user *user);

/* Whether USER has RIGHTS (R_OK, X_OK) on FD, whatever the folders above allow. O_PATH is enough for FD. */
bool daemon_user_may(const struct daemon_user *user, int fd, int rights);

#endif
