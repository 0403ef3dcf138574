/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads files as auditfaild would read them, so that the kernel itself judges what the daemon can open: modes, groups,
 * access control lists, each folder on the way. Root may read everything, and the daemon may not: it runs as a user of
 * its own, without supplementary groups, and no capability of its helps to read a file.
 *
 * Only root can read as another user. Every other user reads as itself.
 */
#ifndef AUDITFAILCTL_DAEMON_USER_H
#define AUDITFAILCTL_DAEMON_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct daemon_user {
        uid_t uid;
        gid_t gid;
        bool applies;  /* this process is root, and reads as that user between enter and leave */
        gid_t *groups; /* of this process, to come back to */
        size_t group_count;
};

/*
 * Finds the user that the daemon runs as when OWNER starts it. For root that is the user auditfail; where there is no
 * such user, it is one that owns no file. ROOT_FD is the tree whose list of users counts (-1: this machine's). The
 * function opens a file as that user, to see that this is possible. Returns 0, or a negative errno where it is not:
 * then this process goes on opening files as its own user.
 */
int daemon_user_find(uid_t owner, int root_fd, struct daemon_user *ret);

/* From enter to leave this process opens files as the daemon does, and in no other way. They end it where they fail. */
void daemon_user_enter(const struct daemon_user *user);
void daemon_user_leave(const struct daemon_user *user);

void daemon_user_clear(struct daemon_user *user);

#endif
