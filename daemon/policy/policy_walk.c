/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/policy/policy_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "protocol/cleanup.h"

#define LINKS_MAX 40 /* as in the kernel */
#define WAY_FLAGS (O_PATH | O_NOFOLLOW | O_CLOEXEC)

#define EXPECTED_WAY "a link through folders that auditfaild sees and other users cannot change, or a copy (type: "

struct walk {
        const struct policy_trust *trust;
        const char *path;      /* of the file to open, in problems */
        int folder;            /* to look up the next name in */
        int own;               /* the same, for this walk to close; -1: it is the caller's */
        int flags;             /* of open(), for the last name */
        bool given;            /* the folder needs no check: the caller has checked it, or it is / itself */
        unsigned links;        /* followed so far */
        char where[PATH_MAX];  /* path of the folder, without links; "" is / */
        char rest[PATH_MAX];   /* names to look up still */
        char target[PATH_MAX]; /* of the first link */
};

static const char *folder_name(const struct walk *walk) {
        return walk->where[0] ? walk->where : "/";
}

static int fail(const struct walk *walk, const char *mode, const char *barred, int error) {
        policy_fault_open(walk->trust->problems, walk->path, mode, barred, error);
        return -error;
}

/* Takes the next name from REST. Returns its length; 0 if no name is left. */
static int next_name(struct walk *walk, char name[NAME_MAX + 1]) {
        const char *start = walk->rest + strspn(walk->rest, "/");
        size_t length = strcspn(start, "/");

        if (length > NAME_MAX)
                return fail(walk, "", walk->path, ENAMETOOLONG);
        memcpy(name, start, length);
        name[length] = '\0';
        memmove(walk->rest, start + length, strlen(start + length) + 1);
        return (int)length;
}

static bool at_end(const struct walk *walk) {
        return walk->rest[strspn(walk->rest, "/")] == '\0';
}

/* Updates WHERE after a step to NAME, which may be "..". */
static int rename_folder(struct walk *walk, const char *name) {
        size_t length = strlen(walk->where);
        char *last = strrchr(walk->where, '/');

        if (strcmp(name, "..") != 0) {
                if (length + 1 + strlen(name) >= sizeof(walk->where))
                        return fail(walk, "", walk->path, ENAMETOOLONG);
                walk->where[length] = '/';
                strcpy(walk->where + length + 1, name);
        } else if (last)
                *last = '\0';
        return 0;
}

static int enter(struct walk *walk, const char *name, int fd) {
        cleanup_fd(&walk->own);
        walk->folder = walk->own = fd;
        walk->given = false;
        return rename_folder(walk, name);
}

static int start_in(struct walk *walk, const char *path, int fd) {
        if (fd < 0)
                return fail(walk, "", walk->path, errno);
        cleanup_fd(&walk->own);
        walk->folder = walk->own = fd;
        walk->given = true;
        strcpy(walk->where, path);
        return 0;
}

/* Continues at / or at the top of the tree. */
static int start_at_top(struct walk *walk) {
        const struct policy_folder *tree = walk->trust->tree;

        return tree ? start_in(walk, tree->path, fcntl(tree->fd, F_DUPFD_CLOEXEC, 0))
                    : start_in(walk, "", open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/*
 * Continues with /dev/null of this machine, in /dev without a check. A tree may have no devices. In a user namespace, /
 * and /dev may belong to an unmapped user.
 */
static int start_at_mask(struct walk *walk) {
        strcpy(walk->rest, "null");
        return start_in(walk, "/dev", open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* Whether the current folder is the top of the tree, where ".." is the folder itself. */
static bool at_top(const struct walk *walk) {
        const struct policy_folder *tree = walk->trust->tree;
        struct stat here, top;

        return tree && fstat(walk->folder, &here) == 0 && fstat(tree->fd, &top) == 0 && here.st_dev == top.st_dev &&
               here.st_ino == top.st_ino;
}

/* Puts the target of the link FD in front of REST. */
static int follow(struct walk *walk, int fd) {
        char rest[PATH_MAX], target[PATH_MAX];
        ssize_t length = readlinkat(fd, "", target, sizeof(target) - 1);

        if (length < 0)
                return fail(walk, "", walk->path, errno);
        target[length] = '\0';
        if (++walk->links > LINKS_MAX)
                return fail(walk, "", walk->path, ELOOP);
        if (walk->links == 1)
                strcpy(walk->target, target);
        if ((size_t)length + strlen(walk->rest) + 1 >= sizeof(rest))
                return fail(walk, "", walk->path, ENAMETOOLONG);
        stpcpy(stpcpy(stpcpy(rest, target), "/"), walk->rest);
        strcpy(walk->rest, rest);
        if (target[0] != '/')
                return 0;
        return strcmp(walk->rest, "/dev/null/") == 0 ? start_at_mask(walk) : start_at_top(walk);
}

/* Suggests a copy: other mode bits are no solution if the link leads through a home folder or /tmp. */
static int refuse_link(const struct walk *walk, const char *what) {
        char expected[DIAGNOSTIC_MESSAGE_MAX];

        snprintf(expected, sizeof(expected),
                 walk->flags & O_DIRECTORY ? EXPECTED_WAY "d=$(realpath %s) && rm %s && cp -r \"$d\" %s)"
                                           : EXPECTED_WAY "cp --remove-destination \"$(realpath %s)\" %s)",
                 walk->path, walk->path, walk->path);
        diagnostics_error(walk->trust->problems, walk->path, expected, "a link through %s, which is %s",
                          folder_name(walk), what);
        return -EPERM;
}

/* Whether the unit of auditfaild hides this folder (ProtectHome=), although root's tools see it. */
static bool is_hidden(const struct walk *walk) {
        static const char *const folders[] = { "/home", "/root", "/run/user" };

        for (size_t i = 0; walk->trust->machine && i < sizeof(folders) / sizeof(folders[0]); i++)
                if (strcmp(walk->where, folders[i]) == 0)
                        return true;
        return false;
}

/* Returns 0 if a name may be looked up in the current folder. */
static int check_folder(const struct walk *walk) {
        char text[POLICY_FAULT_MAX];
        struct stat st;

        if (walk->given)
                return 0;
        if (fstat(walk->folder, &st) < 0)
                return fail(walk, "", walk->path, errno);
        if (walk->links == 0)
                return policy_check_writers(walk->trust, folder_name(walk), &st) ? 0 : -EPERM;
        if (!policy_owned(walk->trust, &st))
                return refuse_link(walk, policy_fault_owner(text, &st));
        if (!policy_closed(&st))
                return refuse_link(walk, policy_fault_writers(text, &st));
        return is_hidden(walk) ? refuse_link(walk, "hidden from auditfaild by its unit") : 0;
}

static int fail_absent(const struct walk *walk) {
        if (walk->links == 0)
                return -ENOENT;
        diagnostics_error(walk->trust->problems, walk->path, walk->flags & O_DIRECTORY ? "a folder" : POLICY_FAULT_FILE,
                          "a link to %s, which does not exist", walk->target);
        return -ENOTDIR; /* there, but leads nowhere; not the same as nothing there */
}

/* Opens the last name, which is no link. */
static int open_last(const struct walk *walk, const char *name, int *ret_fd) {
        int fd = openat(walk->folder, name, walk->flags | O_NOFOLLOW);

        if (fd < 0)
                return fail(walk, walk->flags & O_DIRECTORY ? POLICY_FOLDER_MODE : POLICY_FILE_MODE, walk->path, errno);
        *ret_fd = fd;
        return 0;
}

/* Looks up NAME. Returns 1 after the last name, with *RET_FD open; 0 if the walk continues; or a negative errno. */
static int step(struct walk *walk, const char *name, int *ret_fd) {
        struct stat st;
        int r = strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ? 0 : check_folder(walk);

        if (r < 0)
                return r;
        cleanup(cleanup_fd) int fd = openat(walk->folder, name, WAY_FLAGS);
        if (fd < 0 && errno == ENOENT)
                return fail_absent(walk);
        if (fd < 0)
                return fail(walk, POLICY_FOLDER_MODE, folder_name(walk), errno);
        if (fstat(fd, &st) < 0)
                return fail(walk, "", walk->path, errno);
        if (S_ISLNK(st.st_mode))
                return follow(walk, fd);
        if (at_end(walk)) {
                r = open_last(walk, name, ret_fd);
                return r < 0 ? r : 1;
        }
        return S_ISDIR(st.st_mode) ? enter(walk, name, TAKE_FD(fd)) : fail(walk, "", walk->path, ENOTDIR);
}

static void walk_end(struct walk *walk) {
        cleanup_fd(&walk->own);
}

int policy_walk(const struct policy_trust *trust, const struct policy_folder *from, const char *name, const char *path,
                int flags, int *ret_fd) {
        cleanup(walk_end) struct walk walk = {
                .trust = trust, .path = path, .folder = from->fd, .own = -1, .flags = flags, .given = true
        };
        char next[NAME_MAX + 1];
        int r = 0;

        if (strlen(from->path) >= sizeof(walk.where) || strlen(name) >= sizeof(walk.rest))
                return fail(&walk, "", path, ENAMETOOLONG);
        strcpy(walk.where, from->path);
        strcpy(walk.rest, name);
        while (r == 0) {
                r = next_name(&walk, next);
                if (r > 0 && strcmp(next, "..") == 0 && at_top(&walk))
                        strcpy(next, ".");
                if (r == 0) /* such as a link to "/" */
                        r = step(&walk, ".", ret_fd);
                else if (r > 0)
                        r = strcmp(next, ".") == 0 && !at_end(&walk) ? 0 : step(&walk, next, ret_fd);
        }
        return r < 0 ? r : 0;
}
