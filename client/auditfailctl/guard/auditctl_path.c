/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/guard/auditctl_path.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>

#include "protocol/cleanup.h"

/* ENV_SUPATH of login.defs(5), and secure_path of sudoers(5), as Debian has them; then the folders of merged /usr. */
static const char *const files[] = {
        "/usr/local/sbin/auditctl", "/usr/local/bin/auditctl", "/usr/sbin/auditctl",
        "/usr/bin/auditctl",        "/sbin/auditctl",          "/bin/auditctl",
};

static bool is_program(const struct tree *tree, const char *path, struct stat *ret) {
        cleanup(cleanup_fd) int fd = tree_open_file(tree, path, O_PATH);

        return fd >= 0 && fstat(fd, ret) == 0 && S_ISREG(ret->st_mode) && (ret->st_mode & 0111);
}

struct auditctl_path auditctl_path_find(const struct tree *tree) {
        struct stat ours, found;
        bool installed = is_program(tree, AUDITCTL_PATH, &ours);

        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
                if (is_program(tree, files[i], &found))
                        return (struct auditctl_path){ .file = files[i],
                                                       .ours = installed && found.st_dev == ours.st_dev &&
                                                               found.st_ino == ours.st_ino };
        return (struct auditctl_path){ 0 };
}
