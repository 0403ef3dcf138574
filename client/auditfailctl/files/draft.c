/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/files/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sysmacros.h>

#include "client/auditfailctl/cli/command.h"
#include "client/common/text.h"
#include "protocol/cleanup.h"

#define READ_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* In the private folder: the old policy file, and another link to the draft. */
#define OLD_NAME "old"
#define NEW_NAME "new"

static int failed(const char *what, const char *path, int error) {
        bool denied = error == EACCES || error == EPERM;

        return complain(denied ? STATUS_DENIED : STATUS_FAILED, "cannot %s %s: %s", what, path, strerror(error));
}

/* Finds out what the policy file is before the edit. */
static int look(struct draft *draft) {
        struct stat target;
        char link[PATH_MAX] = "";

        if (fstatat(draft->place.fd, draft->name, &draft->before, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? STATUS_OK : failed("look at", draft->path, errno);
        if (S_ISREG(draft->before.st_mode)) {
                draft->origin = DRAFT_OF_FILE;
                return STATUS_OK;
        }
        if (S_ISLNK(draft->before.st_mode) && fstatat(draft->place.fd, draft->name, &target, 0) == 0 &&
            S_ISCHR(target.st_mode) && target.st_rdev == makedev(1, 3)) { /* /dev/null */
                draft->origin = DRAFT_OF_MASK;
                return STATUS_OK;
        }
        if (readlinkat(draft->place.fd, draft->name, link, sizeof(link) - 1) >= 0) {
                cleanup(cleanup_free) char *safe = text_safe(link);
                return complain(STATUS_FAILED,
                                "cannot edit %s: it is a link to %s; edit that file, then type: auditfailctl reload",
                                draft->path, safe);
        }
        return complain(STATUS_FAILED, "cannot edit %s: it is not a regular file; move it away first", draft->path);
}

int draft_open(const struct policy_folder *place, const char *name, struct draft *ret) {
        *ret = (struct draft){ .place = *place, .private.fd = -1, .name = name };
        ret->path = text_format("%s/%s", place->path, name);
        return look(ret);
}

static int make_private_folder(struct draft *draft) {
        cleanup(cleanup_free) char *folder = text_format("%s/" DRAFT_FOLDER "XXXXXX", draft->place.path);

        if (!mkdtemp(folder))
                return failed("make a folder for the draft in", draft->place.path, errno);
        draft->draft_path = text_format("%s/%s", folder, draft->name);
        draft->private_path = TAKE_PTR(folder);
        draft->private.path = draft->private_path;
        /* The editor inherits the descriptor and its lock, in case this program is killed before the editor. */
        draft->private.fd = open(draft->private.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        if (draft->private.fd < 0)
                return failed("open", draft->private.path, errno);
        return flock(draft->private.fd, LOCK_EX | LOCK_NB) < 0 ? failed("lock", draft->private.path, errno) : STATUS_OK;
}

/* Removes the files in the private folder, except those with the COUNT names in KEPT. */
static void empty(const struct draft *draft, const char *const *kept, size_t count) {
        int fd = dup(draft->private.fd);
        cleanup(cleanup_dir) DIR *folder = fd < 0 ? NULL : fdopendir(fd);

        if (folder)
                rewinddir(folder); /* the descriptors share their position */
        for (const struct dirent *entry; folder && (entry = readdir(folder));) {
                size_t i = 0;
                while (i < count && strcmp(entry->d_name, kept[i]) != 0)
                        i++;
                if (i == count)
                        unlinkat(draft->private.fd, entry->d_name, 0);
        }
}

void draft_close(struct draft *draft) {
        if (draft->private.fd >= 0)
                empty(draft, &draft->name, draft->kept ? 1 : 0);
        if (draft->private_path && !draft->kept)
                rmdir(draft->private_path);
        cleanup_fd(&draft->private.fd);
        cleanup_fd(&draft->place.fd);
        free(draft->private_path);
        free(draft->path);
        free(draft->draft_path);
}

const char *draft_keep(struct draft *draft) {
        struct stat st;

        if (fstatat(draft->private.fd, draft->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return NULL;
        draft->kept = true;
        return draft->draft_path;
}

static int read_file(int folder, const char *name, const char *path, char buffer[POLICY_BUFFER_SIZE],
                     size_t *ret_length) {
        cleanup(cleanup_fd) int fd = openat(folder, name, READ_FLAGS);
        ssize_t bytes = 1;

        *ret_length = 0;
        while (fd >= 0 && bytes > 0 && *ret_length < POLICY_BUFFER_SIZE) {
                bytes = TEMP_FAILURE_RETRY(read(fd, buffer + *ret_length, POLICY_BUFFER_SIZE - *ret_length));
                *ret_length += bytes > 0 ? (size_t)bytes : 0;
        }
        if (fd < 0 || bytes < 0)
                return failed("read", path, errno);
        if (*ret_length > POLICY_FILE_MAX)
                return complain(STATUS_FAILED, "cannot edit %s: it is longer than the %d bytes of a policy file", path,
                                POLICY_FILE_MAX);
        return STATUS_OK;
}

int draft_read_policy(const struct draft *draft, char buffer[POLICY_BUFFER_SIZE], size_t *ret_length) {
        return read_file(draft->place.fd, draft->name, draft->path, buffer, ret_length);
}

int draft_read(const struct draft *draft, char buffer[POLICY_BUFFER_SIZE], size_t *ret_length) {
        return read_file(draft->private.fd, draft->name, draft->draft_path, buffer, ret_length);
}

int draft_write(struct draft *draft, const char *text, size_t length) {
        ssize_t bytes = 0;
        int status = make_private_folder(draft);
        if (status != STATUS_OK)
                return status;

        cleanup(cleanup_fd) int fd =
                openat(draft->private.fd, draft->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        while (fd >= 0 && length > 0 && (bytes = TEMP_FAILURE_RETRY(write(fd, text, length))) >= 0) {
                text += bytes;
                length -= (size_t)bytes;
        }
        return fd < 0 || bytes < 0 ? failed("write", draft->draft_path, errno) : STATUS_OK;
}

int draft_set_access(const struct draft *draft, gid_t group, mode_t mode) {
        cleanup(cleanup_fd) int fd = openat(draft->private.fd, draft->name, READ_FLAGS);

        /* Only root may give a file to every group. */
        if (fd < 0 || (fchown(fd, geteuid(), group) < 0 && fchown(fd, geteuid(), getegid()) < 0) ||
            fchmod(fd, mode) < 0 || fsync(fd) < 0)
                return failed("set owner and mode of", draft->draft_path, errno);
        return STATUS_OK;
}

static bool same(const struct stat *a, const struct stat *b) {
        return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
               a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int changed_meanwhile(const struct draft *draft) {
        return complain(STATUS_FAILED, "%s has changed since you began: it stays as it is now", draft->path);
}

/* For the handler of signals. */
static const struct draft *committed;
static const char *farewell;

static void on_signal(int number) {
        const char *const names[] = { committed->name, OLD_NAME, NEW_NAME };

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                unlinkat(committed->private.fd, names[i], 0);
        rmdir(committed->private_path);
        if (write(STDERR_FILENO, farewell, strlen(farewell)) < 0)
                (void)0; /* nothing is left to do about it */
        signal(number, SIG_DFL);
        raise(number); /* takes effect when the handler returns */
}

struct signals draft_remove_on_signal(const struct draft *draft, const char *message) {
        static const int numbers[] = { SIGINT, SIGQUIT, SIGHUP, SIGTERM };

        empty(draft, (const char *const[]){ draft->name, OLD_NAME }, 2);
        committed = draft;
        farewell = message;
        return signals_catch(numbers, sizeof(numbers) / sizeof(numbers[0]), on_signal);
}

bool draft_is_copy(const char *name) {
        return strcmp(name, OLD_NAME) == 0 || strcmp(name, NEW_NAME) == 0;
}

int draft_revert(const struct draft *draft) {
        struct stat now, ours;
        int place = draft->place.fd, private = draft->private.fd;

        if (fstatat(place, draft->name, &now, AT_SYMLINK_NOFOLLOW) < 0 ||
            fstatat(private, draft->name, &ours, AT_SYMLINK_NOFOLLOW) < 0 || !same(&now, &ours))
                return changed_meanwhile(draft);
        int r = draft->origin == DRAFT_NEW ? unlinkat(place, draft->name, 0)
                                           : renameat(private, OLD_NAME, place, draft->name);
        return r < 0 ? failed("restore", draft->path, errno) : STATUS_OK;
}

int draft_commit(const struct draft *draft) {
        struct stat now;
        int place = draft->place.fd, private = draft->private.fd;

        if (draft->origin == DRAFT_NEW) {
                if (linkat(private, draft->name, place, draft->name, 0) < 0)
                        return errno == EEXIST ? changed_meanwhile(draft) : failed("make", draft->path, errno);
        } else {
                if (fstatat(place, draft->name, &now, AT_SYMLINK_NOFOLLOW) < 0 || !same(&now, &draft->before))
                        return changed_meanwhile(draft);
                /* The draft keeps its name, in case it must be kept. */
                if (linkat(place, draft->name, private, OLD_NAME, 0) < 0 ||
                    linkat(private, draft->name, private, NEW_NAME, 0) < 0 ||
                    renameat(private, NEW_NAME, place, draft->name) < 0)
                        return failed("replace", draft->path, errno);
        }
        if (fsync(place) == 0)
                return STATUS_OK;
        int status = failed("sync", draft->place.path, errno);
        draft_revert(draft);
        return status;
}
