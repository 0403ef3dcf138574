/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens files as auditfaild would, so that the kernel decides what the daemon can open: modes, groups, access control
 * lists, each folder on the way. Root can read everything. The daemon cannot: it runs as another user, without
 * supplementary groups, and without capabilities that help to read files.
 *
 * Only root can open files as another user. Other users open them as themselves.
 */
#ifndef AUDITFAILCTL_DAEMON_USER_H
#define AUDITFAILCTL_DAEMON_USER_H

#include <stdbool.h>
#include <sys/types.h>

struct daemon_user {
        uid_t uid;
        bool applies; /* this process is root, and opens files as that user between enter and leave */
};

/*
 * Finds the user that the daemon runs as if OWNER starts it. For root this is the user auditfail, or, without such a
 * user, one that owns no file. ROOT_FD is the tree with the list of users (-1: this machine). If this process is root,
 * its only group becomes the one of that user, and it switches to that user once, to test that it can. Returns 0, or a
 * negative errno; then this process opens files as root.
 */
int daemon_user_find(uid_t owner, int root_fd, struct daemon_user *ret);

/* Between enter and leave, this process opens files like the daemon. Both end the process if they fail. */
void daemon_user_enter(const struct daemon_user *user);
void daemon_user_leave(const struct daemon_user *user);

#endif
