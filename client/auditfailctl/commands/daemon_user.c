/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/commands/daemon_user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/common/text.h"
#include "protocol/cleanup.h"
#include "protocol/well_known.h"

#define OWNS_NOTHING 65534 /* the user nobody and the group nogroup */

/* Finds the daemon's user in the etc/passwd of the tree ROOT_FD, else, without such a file, on this machine. */
static const struct passwd *find_daemon(int root_fd) {
        /* A link could lead out of the tree. */
        int fd = root_fd < 0 ? -1 : openat(root_fd, "etc/passwd", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        cleanup(cleanup_file) FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
        const struct passwd *entry;
        struct stat st;

        if (!file || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
                return getpwnam(DAEMON_USER);
        while ((entry = fgetpwent(file)) && strcmp(entry->pw_name, DAEMON_USER) != 0)
                ;
        return entry;
}

/*
 * When the effective user changes from root, the kernel clears the effective capabilities. It restores them afterwards.
 */
static int become(uid_t uid) {
        return seteuid(uid) < 0 ? -errno : 0;
}

int daemon_user_find(uid_t owner, int root_fd, struct daemon_user *ret) {
        *ret = (struct daemon_user){ .uid = owner == 0 ? OWNS_NOTHING : owner };
        if (geteuid() != 0)
                return 0;
        const struct passwd *entry = owner == 0 ? find_daemon(root_fd) : getpwuid(owner);
        if (entry)
                ret->uid = entry->pw_uid;
        int r = setgroups(0, NULL) < 0 || setegid(entry ? entry->pw_gid : OWNS_NOTHING) < 0 ? -errno : 0;
        if (r == 0)
                r = become(ret->uid);
        if (r == 0)
                r = become(0);
        ret->applies = r == 0;
        return r;
}

static void insist(int r, const char *what) {
        if (r < 0)
                exit(complain(EXIT_FAILURE, "cannot %s: %s", what, strerror(-r)));
}

void daemon_user_enter(const struct daemon_user *user) {
        if (user->applies)
                insist(become(user->uid), "read as the user of the daemon");
}

void daemon_user_leave(const struct daemon_user *user) {
        if (user->applies)
                insist(become(0), "become root again");
}
