/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/guard/auditctl_path.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "protocol/cleanup.h"

/* ENV_SUPATH of login.defs(5), and secure_path of sudoers(5), as Debian has them; then the folders of merged /usr. */
static const char *const files[] = {
        "/usr/local/sbin/auditctl", "/usr/local/bin/auditctl", "/usr/sbin/auditctl",
        "/usr/bin/auditctl",        "/sbin/auditctl",          "/bin/auditctl",
};

/* Whether PATH is a program in the tree ROOT. */
static bool is_program(const char *root, const char *path, struct stat *ret) {
        struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
        cleanup(cleanup_fd) int top = *root ? open(root, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
        cleanup(cleanup_fd) int fd =
                *root ? (int)syscall(SYS_openat2, top, path, &how, sizeof(how)) : open(path, O_PATH | O_CLOEXEC);

        return fd >= 0 && fstat(fd, ret) == 0 && S_ISREG(ret->st_mode) && (ret->st_mode & 0111);
}

struct auditctl_path auditctl_path_find(const char *root) {
        struct stat ours, found;
        bool installed = is_program(root, AUDITCTL_PATH, &ours);

        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
                if (is_program(root, files[i], &found))
                        return (struct auditctl_path){ .file = files[i],
                                                       .ours = installed && found.st_dev == ours.st_dev &&
                                                               found.st_ino == ours.st_ino };
        return (struct auditctl_path){ 0 };
}
