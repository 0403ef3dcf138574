/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/files/daemon_user.h"

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

#define NOBODY_ID 65534 /* the uid of nobody and the gid of its group, which own no files */

/* Finds the daemon's user in the etc/passwd of TREE, else, without such a file, on this machine. */
static const struct passwd *find_user(const struct tree *tree) {
        int fd = !tree || tree_is_machine(tree) ? -1 : tree_open_file(tree, "/etc/passwd", O_RDONLY | O_NONBLOCK);
        cleanup(cleanup_file) FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
        const struct passwd *entry;
        struct stat st;

        if (!file || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
                return getpwnam(DAEMON_USER);
        while ((entry = fgetpwent(file)) && strcmp(entry->pw_name, DAEMON_USER) != 0)
                ;
        return entry;
}

/* Only root may change the group, so the group comes first here, and last in leave(). */
static bool enter(const struct daemon_user *user) {
        return setegid(user->gid) == 0 && seteuid(user->uid) == 0;
}

static void leave(void) {
        if (seteuid(0) < 0 || setegid(getgid()) < 0)
                exit(complain(EXIT_FAILURE, "cannot become root again: %s", strerror(errno)));
}

struct daemon_user daemon_user_find(uid_t owner, const struct tree *tree, struct diagnostics *problems) {
        struct daemon_user user = { 0 };

        if (geteuid() != 0)
                return user;
        const struct passwd *entry = owner == 0 ? find_user(tree) : getpwuid(owner);
        uid_t otherwise = owner == 0 ? NOBODY_ID : owner;
        user.uid = entry ? entry->pw_uid : otherwise;
        user.gid = entry ? entry->pw_gid : NOBODY_ID;
        user.becomes = setgroups(0, NULL) == 0 && enter(&user);
        int error = errno;
        leave(); /* also if only the group was entered */
        if (user.becomes)
                return user;
        cleanup(cleanup_free) char *text = text_format(
                "cannot read as the user of auditfaild (uid %u): %s; auditfaild may fail to read files that pass here",
                user.uid, strerror(error));
        diagnostics_add(problems,
                        &(struct diagnostic){ .severity = SEVERITY_WARNING, .file = "auditfailctl", .message = text },
                        NULL, 0);
        return user;
}

void daemon_user_enter(const struct daemon_user *user) {
        if (user->becomes && !enter(user))
                exit(complain(EXIT_FAILURE, "cannot become the user %u: %s", user->uid, strerror(errno)));
}

void daemon_user_leave(const struct daemon_user *user) {
        if (user->becomes)
                leave();
}

bool daemon_user_may(const struct daemon_user *user, int fd, int rights) {
        daemon_user_enter(user);
        bool refused = faccessat(fd, "", rights, AT_EMPTY_PATH | AT_EACCESS) < 0 && errno == EACCES;
        daemon_user_leave(user);
        return !refused;
}
