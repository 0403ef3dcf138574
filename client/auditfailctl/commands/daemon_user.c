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

/* Finds the user NAME in the etc/passwd of a tree. Returns false if there is no such user or file. */
static bool find_in_tree(int root_fd, const char *name, bool *ret_has_users, struct daemon_user *ret) {
        /* A link could lead out of the tree. */
        int fd = openat(root_fd, "etc/passwd", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        cleanup(cleanup_file) FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
        const struct passwd *entry;
        struct stat st;

        *ret_has_users = file && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
        while (*ret_has_users && (entry = fgetpwent(file)))
                if (strcmp(entry->pw_name, name) == 0) {
                        ret->uid = entry->pw_uid;
                        ret->gid = entry->pw_gid;
                        return true;
                }
        return false;
}

static void find_daemon(int root_fd, struct daemon_user *ret) {
        const struct passwd *entry;
        bool has_users = false;

        if (root_fd >= 0 && find_in_tree(root_fd, DAEMON_USER, &has_users, ret))
                return;
        if (!has_users && (entry = getpwnam(DAEMON_USER))) {
                ret->uid = entry->pw_uid;
                ret->gid = entry->pw_gid;
        }
}

static int keep_groups(struct daemon_user *user) {
        int count = getgroups(0, NULL);

        if (count < 0)
                return -errno;
        user->groups = calloc((size_t)count + 1, sizeof(*user->groups));
        if (!user->groups)
                out_of_memory();
        count = getgroups(count, user->groups);
        user->group_count = count > 0 ? (size_t)count : 0;
        return count < 0 ? -errno : 0;
}

/*
 * When the effective user changes from root, the kernel clears the effective capabilities. It restores them afterwards.
 */
static int enter(const struct daemon_user *user) {
        if (setgroups(0, NULL) < 0 || setegid(user->gid) < 0 || seteuid(user->uid) < 0)
                return -errno;
        return 0;
}

static int leave(const struct daemon_user *user) {
        if (seteuid(0) < 0 || setegid(getgid()) < 0 || setgroups(user->group_count, user->groups) < 0)
                return -errno;
        return 0;
}

int daemon_user_find(uid_t owner, int root_fd, struct daemon_user *ret) {
        struct daemon_user user = { .uid = OWNS_NOTHING, .gid = OWNS_NOTHING };
        const struct passwd *entry;

        *ret = user;
        if (geteuid() != 0)
                return 0;
        if (owner == 0)
                find_daemon(root_fd, &user);
        else {
                entry = getpwuid(owner);
                user.uid = owner;
                user.gid = entry ? entry->pw_gid : OWNS_NOTHING;
        }
        int r = keep_groups(&user);
        if (r == 0) {
                r = enter(&user);
                int back = leave(&user);
                r = r < 0 ? r : back;
        }
        user.applies = r == 0;
        *ret = user;
        return r;
}

static void insist(int r, const char *what) {
        if (r == 0)
                return;
        fprintf(stderr, "auditfailctl: cannot %s: %s\n", what, strerror(-r));
        exit(EXIT_FAILURE);
}

void daemon_user_enter(const struct daemon_user *user) {
        if (user->applies)
                insist(enter(user), "read as the user of the daemon");
}

void daemon_user_leave(const struct daemon_user *user) {
        if (user->applies)
                insist(leave(user), "become root again");
}

void daemon_user_clear(struct daemon_user *user) {
        free(user->groups);
        user->groups = NULL;
}
