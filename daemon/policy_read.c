/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy_read.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cleanup.h"

#define TEXT_MAX      (PATH_MAX + 256) /* a path, and what we say about it */
#define EXPECTED_FILE "a file, or a link to /dev/null to mask what other places hold"
#define OPEN_FLAGS    (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

/* What is wrong with a file or folder as a whole. */
struct fault {
        char message[TEXT_MAX];
        char expected[TEXT_MAX];
};

static void __attribute__((format(printf, 2, 3))) say(char text[TEXT_MAX], const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(text, TEXT_MAX, format, arguments);
        va_end(arguments);
}

static void report(struct diagnostics *problems, const char *path, const struct fault *fault) {
        diagnostics_add(problems,
                        &(struct diagnostic){ .severity = SEVERITY_ERROR,
                                              .file = path,
                                              .message = fault->message,
                                              .expected = fault->expected[0] ? fault->expected : NULL },
                        NULL, 0);
}

/* Whether PATH can have been written by root and OWNER alone. A sticky bit would still let others add files. */
static bool check_writers(const char *path, const struct stat *st, uid_t owner, struct diagnostics *problems) {
        bool owned = st->st_uid == 0 || st->st_uid == owner;
        bool closed = (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
        struct fault fault;

        if (!owned) {
                say(fault.message, "owned by uid %u", st->st_uid);
                if (owner == 0)
                        say(fault.expected, "root as its owner (type: chown root %s)", path);
                else
                        say(fault.expected, "root or uid %u as its owner (type: chown root %s)", owner, path);
                report(problems, path, &fault);
        }
        if (!closed) {
                say(fault.message, "writable by %s%s%s (mode %04o)", st->st_mode & S_IWGRP ? "its group" : "",
                    (st->st_mode & (S_IWGRP | S_IWOTH)) == (S_IWGRP | S_IWOTH) ? " and " : "",
                    st->st_mode & S_IWOTH ? "others" : "", st->st_mode & 07777);
                say(fault.expected, "nobody but its owner to write to it (type: chmod go-w %s)", path);
                report(problems, path, &fault);
        }
        return owned && closed;
}

/* What open() said about a file that is there. */
static void report_open(const char *path, const char *mode, int error, struct diagnostics *problems) {
        struct fault fault = { "", "" };

        errno = error;
        say(fault.message, "cannot be opened: %m");
        if (error == EACCES)
                say(fault.expected, "everybody to be able to read it (type: chmod %s %s)", mode, path);
        report(problems, path, &fault);
}

/* Whether NAME is a symbolic link; if so, RET_TARGET is where it points to. */
static bool read_link(int folder, const char *name, char ret_target[PATH_MAX]) {
        ssize_t length = readlinkat(folder, name, ret_target, PATH_MAX - 1);

        ret_target[length > 0 ? length : 0] = '\0';
        return length >= 0;
}

static void report_dangling(const char *path, const char *target, const char *expected, struct diagnostics *problems) {
        struct fault fault;

        say(fault.message, "a link to %s, which does not exist", target);
        say(fault.expected, "%s", expected);
        report(problems, path, &fault);
}

int policy_open_folder(const char *path, uid_t owner, int *ret_fd, struct diagnostics *problems) {
        cleanup(cleanup_fd) int fd = open(path, OPEN_FLAGS | O_DIRECTORY);
        char target[PATH_MAX];
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0) {
                int error = errno;

                if (error != ENOENT)
                        report_open(path, "a+rx", error, problems);
                else if (read_link(AT_FDCWD, path, target)) {
                        report_dangling(path, target, "a folder", problems);
                        return -ENOTDIR; /* there, but no folder; not the same as nothing there */
                }
                return -error;
        }
        *ret_fd = TAKE_FD(fd);
        return check_writers(path, &st, owner, problems) ? 0 : -EPERM;
}

/* Opens the file; *RET_FD stays as it is where that cannot be done, and *RET_FINDING tells why. */
static int open_file(int folder, const char *name, const char *path, int *ret_fd, enum finding *ret_finding,
                     struct diagnostics *problems) {
        char target[PATH_MAX];
        /* Not O_NOFOLLOW: a link may lead to a file, which is checked, or to /dev/null. */
        int fd = openat(folder, name, OPEN_FLAGS);

        if (fd >= 0) {
                *ret_fd = fd;
                return 0;
        }
        int error = errno;
        if (error == EMFILE || error == ENFILE || error == ENOMEM) {
                report_open(path, "", error, problems);
                return -error;
        }
        *ret_finding = FINDING_BROKEN;
        if (error != ENOENT)
                report_open(path, "a+r", error, problems);
        else if (read_link(folder, name, target))
                report_dangling(path, target, EXPECTED_FILE, problems);
        else
                *ret_finding = FINDING_ABSENT;
        return 0;
}

/*
 * Reads to the end, SIZE as fstat() had it or, where the file has changed since, wherever that is now. Returns the
 * length, or a negative errno.
 */
static ssize_t read_all(int fd, off_t size, char buffer[POLICY_BUFFER_SIZE]) {
        size_t length = 0;

        while (length < POLICY_BUFFER_SIZE) {
                ssize_t bytes = TEMP_FAILURE_RETRY(read(fd, buffer + length, POLICY_BUFFER_SIZE - length));

                if (bytes < 0)
                        return -errno;
                length += (size_t)bytes;
                if (bytes == 0 || length == (size_t)size)
                        break;
        }
        return (ssize_t)length;
}

static void report_unread(const char *path, ssize_t length, struct diagnostics *problems) {
        struct fault fault = { "too long", "" };

        if (length < 0) {
                errno = (int)-length;
                say(fault.message, "cannot be read: %m");
        } else
                say(fault.expected, "at most %d bytes", POLICY_FILE_MAX);
        report(problems, path, &fault);
}

/* Judges the open regular file: who can write it, and its text. Returns whether it is good. */
static bool read_regular(int fd, const struct stat *st, const char *path, uid_t owner, char buffer[POLICY_BUFFER_SIZE],
                         struct policy_file *ret, struct diagnostics *problems) {
        bool trusted = check_writers(path, st, owner, problems);
        ssize_t length = read_all(fd, st->st_size, buffer);

        if (length < 0 || length > POLICY_FILE_MAX) {
                report_unread(path, length, problems);
                return false;
        }
        return policy_file_parse(path, buffer, (size_t)length, ret, problems) == 0 && trusted;
}

int policy_read(int folder, const char *name, const char *path, uid_t owner, char buffer[POLICY_BUFFER_SIZE],
                struct policy_file *ret, enum finding *ret_finding, struct diagnostics *problems) {
        cleanup(cleanup_fd) int fd = -1;
        struct stat st;
        int r = open_file(folder, name, path, &fd, ret_finding, problems);

        if (r < 0 || fd < 0)
                return r;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)) { /* /dev/null, on every Linux */
                *ret_finding = FINDING_MASK;
                return 0;
        }
        if (!S_ISREG(st.st_mode)) {
                report(problems, path, &(struct fault){ "not a regular file", EXPECTED_FILE });
                *ret_finding = FINDING_BROKEN;
                return 0;
        }
        *ret_finding = read_regular(fd, &st, path, owner, buffer, ret, problems) ? FINDING_USED : FINDING_BROKEN;
        return 0;
}
