/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/subject/program.h"

#include <endian.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "client/auditfailctl/subject/regular_file.h"
#include "client/common/text.h"
#include "protocol/cleanup.h"

#define SHEBANG_MAX  256 /* bytes of the first line that the kernel reads */
#define SCRIPTS_MAX  5   /* interpreters that are scripts themselves, as in the kernel */
#define AUDIT_WRITE  (1U << CAP_AUDIT_WRITE)
#define DEFAULT_PATH "/bin:/usr/bin" /* of execvp(3), where PATH is not set */

static bool may_execute(const char *path) {
        struct stat status;

        return access(path, X_OK) == 0 && stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* The path under which execvp(3) finds NAME. The caller frees it; NULL with errno set: there is none. */
static char *find_in_path(const char *name) {
        cleanup(cleanup_free) char *folders = text_format("%s", getenv("PATH") ?: DEFAULT_PATH);
        int error = ENOENT;

        if (strchr(name, '/')) {
                if (may_execute(name))
                        return text_format("%s", name);
                errno = access(name, F_OK) < 0 ? errno : EACCES;
                return NULL;
        }
        for (char *rest = folders, *folder; *name && (folder = strsep(&rest, ":"));) {
                cleanup(cleanup_free) char *path = text_format("%s%s%s", folder, *folder ? "/" : "", name);
                if (may_execute(path))
                        return TAKE_PTR(path);
                if (access(path, F_OK) == 0)
                        error = EACCES;
        }
        errno = error;
        return NULL;
}

/* The interpreter of the script PATH, which the caller frees; NULL: it is no script. "env NAME" stands for NAME. */
static char *find_interpreter(const char *path) {
        size_t size;
        cleanup(cleanup_free) char *line = regular_file_read(path, SHEBANG_MAX, &size);

        if (!line || strncmp(line, "#!", 2) != 0)
                return NULL;
        line[strcspn(line, "\n")] = 0;
        char *rest = line + 2 + strspn(line + 2, " \t");
        char *word = strsep(&rest, " \t");
        if (strcmp(basename(word), "env") != 0)
                return *word ? text_format("%s", word) : NULL;

        char *next;
        while ((next = strsep(&rest, " \t")))
                if (*next && *next != '-' && !strchr(next, '='))
                        return find_in_path(next) ?: text_format("%s", word);
        return text_format("%s", word);
}

/* Whether PATH has file capabilities (linux/capability.h). By path: fgetxattr(2) refuses descriptors with O_PATH. */
static bool file_capabilities(const char *path, bool *ret_audit_write) {
        struct vfs_ns_cap_data data = { 0 };
        ssize_t length = getxattr(path, "security.capability", &data, sizeof(data));

        if (length < (ssize_t)(sizeof(data.magic_etc) + sizeof(data.data[0])))
                return false;
        *ret_audit_write = le32toh(data.data[0].permitted) & AUDIT_WRITE;
        return true;
}

/* capabilities(7), "Transformation of capabilities during execve()", and ld.so(8), "secure-execution mode". */
bool privileges_gain(const struct privileges *privileges, uid_t user, gid_t group) {
        return !privileges->inert &&
               ((privileges->setuid && privileges->user != user) ||
                (privileges->setgid && privileges->group != group) || (privileges->capabilities && user != 0));
}

static struct privileges read_privileges(int fd, const char *path, const struct stat *status) {
        struct privileges privileges = { .setuid = status->st_mode & S_ISUID,
                                         .setgid = (status->st_mode & S_ISGID) && (status->st_mode & S_IXGRP),
                                         .user = status->st_uid,
                                         .group = status->st_gid };
        struct statvfs mount;
        bool audit_write = false;

        privileges.capabilities = file_capabilities(path, &audit_write);
        privileges.inert = fstatvfs(fd, &mount) == 0 && (mount.f_flag & ST_NOSUID);
        if (privileges.inert || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
                return privileges; /* the kernel gives nothing here */
        privileges.audit_write = audit_write || (privileges.setuid && status->st_uid == 0);
        privileges.gained = privileges_gain(&privileges, getuid(), getgid());
        privileges.joinable =
                privileges.gained && !privileges_gain(&privileges, getuid(), privileges.group) && geteuid() == 0;
        return privileges;
}

/* Of a file that this user may execute but not read, only the privileges are known. */
static int read_file(const char *path, struct program *program) {
        struct stat status;
        cleanup(cleanup_fd) int place = regular_file_find(path, &status);

        if (place < 0)
                return place;
        program->privileges = read_privileges(place, path, &status);
        cleanup(cleanup_fd) int fd = regular_file_reopen(place);
        program->error = fd < 0 ? fd : elf_file_read(fd, &program->elf);
        return 0;
}

int program_read(const char *path, struct program *ret) {
        *ret = (struct program){ .path = text_format("%s", path) };
        for (unsigned i = 0; i < SCRIPTS_MAX; i++) {
                char *interpreter = find_interpreter(program_file(ret));
                if (!interpreter)
                        break;
                free(ret->interpreter);
                ret->interpreter = interpreter;
        }
        return read_file(program_file(ret), ret);
}

int program_find(const char *name, struct program *ret) {
        cleanup(cleanup_free) char *path = find_in_path(name);

        if (path)
                return program_read(path, ret);
        *ret = (struct program){ 0 };
        return -errno;
}

void program_clear(struct program *program) {
        free(program->path);
        free(program->interpreter);
        elf_file_clear(&program->elf);
        *program = (struct program){ 0 };
}

const char *program_file(const struct program *program) {
        return program->interpreter ?: program->path;
}

enum obstacle program_obstacle(const struct program *program, unsigned char class, unsigned machine) {
        if (program->privileges.gained)
                return OBSTACLE_PRIVILEGED;
        if (program->error < 0)
                return OBSTACLE_UNKNOWN;
        if (!program->elf.interpreter)
                return OBSTACLE_STATIC;
        if (program->elf.class != class || program->elf.machine != machine)
                return OBSTACLE_FOREIGN;
        return OBSTACLE_NONE;
}
