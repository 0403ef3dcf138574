/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/files/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/auditfailctl/cli/options.h"
#include "client/common/text.h"
#include "protocol/cleanup.h"

int tree_open(const struct settings *settings, struct tree *ret) {
        *ret = (struct tree){ .fd = AT_FDCWD, .path = options_root(settings) };
        if (tree_is_machine(ret))
                return STATUS_OK;
        ret->fd = open(ret->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        return ret->fd < 0 ? usage_error(settings, "--root: %s is not a folder", ret->path) : STATUS_OK;
}

void tree_close(struct tree *tree) {
        cleanup_fd(&tree->fd);
        free(tree->path);
}

bool tree_is_machine(const struct tree *tree) {
        return !*tree->path;
}

int tree_open_file(const struct tree *tree, const char *path, int flags) {
        struct open_how how = { .flags = (unsigned)flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };

        return tree_is_machine(tree) ? open(path, flags | O_CLOEXEC)
                                     : (int)syscall(SYS_openat2, tree->fd, path, &how, sizeof(how));
}

ssize_t tree_read_link(const struct tree *tree, const char *folder, const char *name, char *target, size_t size) {
        cleanup(cleanup_fd) int fd = tree_open_file(tree, folder, O_PATH | O_DIRECTORY);
        ssize_t length = fd < 0 ? -1 : readlinkat(fd, name, target, size);

        return length < 0 ? -errno : length;
}

char *tree_path(const struct tree *tree, const char *path) {
        return text_format("%s%s", tree->path, path);
}
