/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/log_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "protocol/cleanup.h"

#define DIGITS      "0123456789"
#define UNSET       4294967295u
#define BUFFER_SIZE (128 * 1024) /* reads a flood of records in few calls */
#define EVENTS_SIZE 4096
#define NAME_SIZE   (NAME_MAX + sizeof(".4294967295"))
#define ROTATED_MAX 999 /* auditd's limit for num_logs */

struct log_watch {
        int folder, inotify;
        int file;      /* that is read; -1: none yet */
        int line_file; /* that the last record was in: file, or one before it, or -1 */
        bool folder_synced;
        bool skipping;     /* the rest of the line is skipped */
        off_t offset;      /* in file, of the byte after the buffer's last */
        size_t start, end; /* in the buffer, of what was not yet returned */
        char name[NAME_MAX + 1];
        char buffer[BUFFER_SIZE];
};

/* The file that auditd wrote next. */
struct successor {
        unsigned number; /* of PATH.NUMBER; 0 is PATH */
        dev_t device;
        ino_t inode; /* 0: there is none */
};

/* Advances *CURSOR over TEXT, if it is there. */
static bool step(const char **cursor, const char *text) {
        size_t length = strlen(text);

        if (strncmp(*cursor, text, length) != 0)
                return false;
        *cursor += length;
        return true;
}

/* Advances *CURSOR over one or more of the characters ALLOWED. */
static bool step_over(const char **cursor, const char *allowed) {
        size_t length = strspn(*cursor, allowed);

        *cursor += length;
        return length > 0;
}

static bool read_number(const char **cursor, uint64_t *ret) {
        const char *digit = *cursor;
        uint64_t number = 0;

        for (; *digit >= '0' && *digit <= '9'; digit++)
                if (__builtin_mul_overflow(number, 10, &number) ||
                    __builtin_add_overflow(number, (uint64_t)(*digit - '0'), &number))
                        return false;
        if (digit == *cursor)
                return false;
        *cursor = digit;
        *ret = number;
        return true;
}

/* "DAEMON_END"; "UNKNOWN[1234]" if auditd has no name for the type. */
static bool read_type(const char **cursor, struct log_record *record) {
        record->type = *cursor;
        if (!step_over(cursor, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_" DIGITS))
                return false;
        if (step(cursor, "[") && !(step_over(cursor, DIGITS) && step(cursor, "]")))
                return false;
        record->type_length = (size_t)(*cursor - record->type);
        return true;
}

static bool read_milliseconds(const char **cursor, unsigned *ret) {
        const char *begin = *cursor;
        uint64_t number;

        if (!read_number(cursor, &number) || *cursor - begin != 3)
                return false;
        *ret = (unsigned)number;
        return true;
}

bool log_record_parse(const char *line, size_t length, struct log_record *ret) {
        struct log_record record = { .line = line, .length = length };
        const char *cursor = line;

        /* After a crash, a file can have NULs in place of what was not on disk. */
        if (strlen(line) != length)
                return false;
        if (step(&cursor, "node=")) {
                size_t name = strcspn(cursor, " ");

                cursor += name;
                if (name == 0 || !step(&cursor, " "))
                        return false;
        }
        if (!step(&cursor, "type=") || !read_type(&cursor, &record) || !step(&cursor, " msg=audit(") ||
            !read_number(&cursor, &record.seconds) || !step(&cursor, ".") ||
            !read_milliseconds(&cursor, &record.milliseconds) || !step(&cursor, ":") ||
            !read_number(&cursor, &record.serial) || !step(&cursor, "): "))
                return false;
        record.body = cursor;
        *ret = record;
        return true;
}

bool log_record_number(const struct log_record *record, const char *field, uint64_t *ret) {
        size_t field_length = strlen(field);
        const char *cursor = record->body;

        /* Values have no blanks: the kernel writes a value with blanks in hexadecimal. */
        while (!step(&cursor, "msg='")) {
                size_t length = strcspn(cursor, " \x1d");
                const char *end = cursor + length;

                if (length > field_length && strncmp(cursor, field, field_length) == 0 && cursor[field_length] == '=') {
                        cursor += field_length + 1;
                        if (step(&cursor, "-1"))
                                *ret = UNSET;
                        else if (!read_number(&cursor, ret))
                                return false;
                        return cursor == end;
                }
                if (*end != ' ')
                        return false;
                cursor = end + 1;
        }
        return false;
}

/* Opens NAME without waiting, even if it is a FIFO. Returns a descriptor or a negative errno. */
static int open_log(int folder, const char *name, struct stat *ret_st) {
        cleanup(cleanup_fd) int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

        if (fd < 0 || fstat(fd, ret_st) < 0)
                return -errno;
        if (!S_ISREG(ret_st->st_mode))
                return -EINVAL;
        return TAKE_FD(fd);
}

static void file_name(const struct log_watch *watch, unsigned number, char ret[static NAME_SIZE]) {
        if (number == 0)
                strcpy(ret, watch->name);
        else
                snprintf(ret, NAME_SIZE, "%s.%u", watch->name, number);
}

/* Watches the folder, not the file: a new log file is another file. */
static int watch_folder(struct log_watch *watch, const char *folder) {
        watch->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (watch->folder < 0)
                return -errno;
        watch->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        if (watch->inotify < 0 || inotify_add_watch(watch->inotify, folder, IN_MODIFY | IN_MOVED_TO | IN_ONLYDIR) < 0)
                return -errno;
        return 0;
}

/*
 * Goes to the end of the newest file: PATH; or PATH.1 and so on, if a rotation is just between two renames. Without any
 * file, all that comes is new.
 */
static int begin(struct log_watch *watch) {
        char last = '\n', name[NAME_SIZE];
        int fd = -ENOENT;
        struct stat st = { 0 };

        for (unsigned number = 0; fd == -ENOENT && number <= ROTATED_MAX; number++) {
                file_name(watch, number, name);
                fd = open_log(watch->folder, name, &st);
        }
        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;
        watch->file = fd;
        watch->offset = st.st_size;
        /* The end of a line, which a user may have written, must not be taken for a whole line. */
        if (st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) < 0)
                return -errno;
        watch->skipping = last != '\n';
        return 0;
}

static void cleanup_watch(struct log_watch **watch) {
        log_watch_free(*watch);
}

int log_watch_new(const char *path, struct log_watch **ret) {
        cleanup(cleanup_watch) struct log_watch *watch = calloc(1, sizeof(*watch));
        cleanup(cleanup_free) char *folder = strdup(path);
        int r;

        if (!watch || !folder)
                return -ENOMEM;
        watch->folder = watch->inotify = watch->file = watch->line_file = -1;

        char *slash = strrchr(folder, '/');
        if (!slash || slash == folder || slash[1] == '\0')
                return -EINVAL;
        if (strlen(slash + 1) > NAME_MAX)
                return -ENAMETOOLONG;
        strcpy(watch->name, slash + 1);
        *slash = '\0';
        /* In this order: no later event is missed. */
        if ((r = watch_folder(watch, folder)) < 0 || (r = begin(watch)) < 0)
                return r;
        *ret = TAKE_PTR(watch);
        return 0;
}

struct log_watch *log_watch_free(struct log_watch *watch) {
        if (!watch)
                return NULL;
        if (watch->line_file != watch->file)
                cleanup_fd(&watch->line_file);
        cleanup_fd(&watch->file);
        cleanup_fd(&watch->inotify);
        cleanup_fd(&watch->folder);
        free(watch);
        return NULL;
}

/* What the events say does not matter. Those that do not fit in the buffer leave the descriptor readable. */
static int drain_events(struct log_watch *watch) {
        char events[EVENTS_SIZE];

        return read(watch->inotify, events, sizeof(events)) < 0 && errno != EAGAIN ? -errno : 0;
}

/* Fills the buffer behind the part of a line that it has. Returns the number of bytes, or a negative errno. */
static ssize_t read_on(struct log_watch *watch) {
        ssize_t bytes;

        watch->end -= watch->start;
        memmove(watch->buffer, watch->buffer + watch->start, watch->end);
        watch->start = 0;
        bytes = TEMP_FAILURE_RETRY(
                pread(watch->file, watch->buffer + watch->end, BUFFER_SIZE - watch->end, watch->offset));
        if (bytes < 0)
                return -errno;
        watch->end += (size_t)bytes;
        watch->offset += bytes;
        return bytes;
}

/* Goes to the beginning of FILE: the next file, or the same one after it was truncated. */
static void rewind_to(struct log_watch *watch, int file) {
        watch->file = file;
        watch->offset = 0;
        watch->start = watch->end = 0;
        watch->skipping = false;
}

/* Reads from the file. Returns 0 at its end, else a positive number, or a negative errno. */
static ssize_t read_file(struct log_watch *watch) {
        struct stat st;
        ssize_t bytes;

        if (watch->file < 0)
                return 0;
        if ((bytes = read_on(watch)) != 0)
                return bytes;
        if (fstat(watch->file, &st) < 0)
                return -errno;
        if (st.st_size >= watch->offset)
                return 0;
        rewind_to(watch, watch->file);
        return read_on(watch);
}

static bool is_newer(const struct stat *st, const struct stat *than) {
        return st->st_mtim.tv_sec != than->st_mtim.tv_sec ? st->st_mtim.tv_sec > than->st_mtim.tv_sec
                                                          : st->st_mtim.tv_nsec > than->st_mtim.tv_nsec;
}

/*
 * Finds the file that auditd wrote after the one that is read. A rotation renames PATH.1 to PATH.2 before it renames
 * PATH to PATH.1: a file's number only grows, so that a search by growing numbers misses no file. The successor is the
 * last file found before the one that is read. If that one is gone, the successor is the oldest newer file.
 *
 * Returns 1 (*RET is it), 0 (none now), or a negative errno.
 */
static int find_successor(const struct log_watch *watch, struct successor *ret) {
        struct stat held = { 0 }, st;
        struct successor before = { 0 }, newer = { 0 };
        char name[NAME_SIZE];

        if (watch->file >= 0 && fstat(watch->file, &held) < 0)
                return -errno;
        for (unsigned number = 0; number <= ROTATED_MAX; number++) {
                file_name(watch, number, name);
                if (fstatat(watch->folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
                        if (errno != ENOENT)
                                return -errno;
                        continue; /* perhaps between two renames */
                }
                if (watch->file >= 0 && st.st_dev == held.st_dev && st.st_ino == held.st_ino) {
                        *ret = before;
                        return ret->inode != 0;
                }
                before = (struct successor){ .number = number, .device = st.st_dev, .inode = st.st_ino };
                if (number == 0 || is_newer(&st, &held))
                        newer = before;
        }
        *ret = newer;
        return ret->inode != 0;
}

/* Returns 1; 0 if auditd has renamed files meanwhile, whose events are still to come; or a negative errno. */
static int move_to(struct log_watch *watch, const struct successor *successor) {
        cleanup(cleanup_fd) int fd = -1;
        char name[NAME_SIZE];
        struct stat st = { 0 };

        file_name(watch, successor->number, name);
        if ((fd = open_log(watch->folder, name, &st)) < 0)
                return fd == -ENOENT ? 0 : fd;
        if (st.st_dev != successor->device || st.st_ino != successor->inode)
                return 0;
        if (watch->file != watch->line_file)
                cleanup_fd(&watch->file);
        rewind_to(watch, TAKE_FD(fd));
        return 1;
}

/* Fills the buffer from this file or the next. Returns a positive number, 0 (no more now), or a negative errno. */
static ssize_t get_more(struct log_watch *watch) {
        struct successor successor = { 0 };
        ssize_t r;

        /* In this order: what happens later makes new events. */
        if ((r = drain_events(watch)) < 0 || (r = read_file(watch)) != 0 ||
            (r = find_successor(watch, &successor)) <= 0)
                return r;
        /* auditd closes a file before it opens the next: the file has all its records by now. */
        if ((r = read_file(watch)) != 0)
                return r;
        return move_to(watch, &successor);
}

/* Takes the next line from the buffer, without its newline. */
static bool take_line(struct log_watch *watch, char **ret, size_t *ret_length) {
        for (;;) {
                char *line = watch->buffer + watch->start, *newline;
                size_t there = watch->end - watch->start;

                if (!(newline = memchr(line, '\n', there))) {
                        if (watch->skipping || there > LOG_LINE_MAX) {
                                watch->skipping = true;
                                watch->start = watch->end;
                        }
                        return false;
                }
                bool skip = watch->skipping || newline - line > LOG_LINE_MAX;

                watch->skipping = false;
                watch->start += (size_t)(newline - line) + 1;
                if (!skip) {
                        *newline = '\0';
                        *ret = line;
                        *ret_length = (size_t)(newline - line);
                        return true;
                }
        }
}

/* Notes that the last record is in the file that is read. */
static void mark_file(struct log_watch *watch) {
        if (watch->line_file == watch->file)
                return;
        cleanup_fd(&watch->line_file);
        watch->line_file = watch->file;
        watch->folder_synced = false;
}

int log_watch_next(struct log_watch *watch, struct log_record *ret) {
        size_t length;
        char *line;
        ssize_t r;

        for (;;) {
                while (take_line(watch, &line, &length))
                        if (log_record_parse(line, length, ret)) {
                                mark_file(watch);
                                return 1;
                        }
                if ((r = get_more(watch)) <= 0)
                        return (int)r;
        }
}

int log_watch_fd(const struct log_watch *watch) {
        return watch->inotify;
}

int log_watch_sync(struct log_watch *watch) {
        if (watch->line_file < 0)
                return 0;
        if (fdatasync(watch->line_file) < 0)
                return -errno;
        /* Once for each file: it may be new. */
        if (!watch->folder_synced && fsync(watch->folder) < 0)
                return -errno;
        watch->folder_synced = true;
        return 0;
}
