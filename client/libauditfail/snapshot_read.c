/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/libauditfail/snapshot_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/libauditfail/kept_fd.h"
#include "client/libauditfail/root.h"
#include "protocol/cleanup.h"
#include "protocol/policy_path.h"
#include "protocol/snapshot.h"

#define FOLDER_MAX 128 /* bytes, more than a folder of sockets can have */

/*
 * Whether only root, the owner of the folder, or the group that may write to the folder can have created the file, and
 * no other user can change it.
 */
static bool trustworthy(const struct stat *folder, const struct stat *file) {
        if (!S_ISREG(file->st_mode) || (file->st_mode & (S_IWGRP | S_IWOTH)) || (folder->st_mode & S_IWOTH))
                return false;
        return file->st_uid == 0 || file->st_uid == folder->st_uid ||
               ((folder->st_mode & S_IWGRP) && file->st_gid == folder->st_gid);
}

/*
 * A user who can replace the folder between stat() and open() could have replaced it before: the folders above it must
 * be trusted anyway. O_NONBLOCK: opening a FIFO must not block. The descriptor may be below 3, if the program has
 * closed its standard streams. That is harmless: it is read-only, and pread() does not depend on the file offset.
 */
int snapshot_open(const char *folder, uint64_t *ret_size) {
        char path[FOLDER_MAX + sizeof("/" SNAPSHOT_NAME)];
        struct stat folder_status, status;

        if (strlen(folder) + sizeof("/" SNAPSHOT_NAME) > sizeof(path))
                return -ENAMETOOLONG;
        strcpy(stpcpy(path, folder), "/" SNAPSHOT_NAME);
        if (stat(folder, &folder_status) < 0)
                return -errno;

        cleanup(cleanup_fd) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &status) < 0)
                return -errno;
        if (!trustworthy(&folder_status, &status))
                return -EPERM;
        *ret_size = (uint64_t)status.st_size;
        return TAKE_FD(fd);
}

static int read_at(int fd, uint64_t offset, void *data, size_t length) {
        ssize_t bytes = pread(fd, data, length, (off_t)offset);

        if (bytes < 0)
                return -errno;
        return (size_t)bytes == length ? 0 : -EBADMSG;
}

static int read_header(int fd, uint64_t size, struct snapshot_header *ret) {
        int r = read_at(fd, 0, ret, sizeof(*ret));
        if (r < 0)
                return r;

        return snapshot_header_valid(ret, size) ? 0 : -EBADMSG;
}

static bool named(const struct snapshot_record *record, const char *application, size_t length) {
        return length <= sizeof(record->application) && memcmp(record->application, application, length) == 0 &&
               (length == sizeof(record->application) || record->application[length] == '\0');
}

/* Returns 0, -ENOENT if the table has no record of that name, or another negative errno. */
static int find_record(int fd, const struct snapshot_header *header, const char *application, size_t length,
                       struct snapshot_record *ret) {
        uint64_t slot = snapshot_slot(header->slots, application, length);

        for (unsigned probe = 0; probe < SNAPSHOT_PROBES_MAX && probe < header->slots; probe++) {
                int r = read_at(fd, sizeof(*header) + slot * sizeof(*ret), ret, sizeof(*ret));
                if (r < 0)
                        return r;
                if (named(ret, application, length))
                        return 0;
                if (ret->application[0] == '\0')
                        return -ENOENT;
                slot = (slot + 1) & (header->slots - 1);
        }
        return -ENOENT;
}

/* Finds the record that applies to APPLICATION: its own, or that of "default". *LENGTH becomes that of its name. */
static int find_applying(int fd, uint64_t size, const char *application, size_t *length,
                         struct snapshot_header *ret_header, struct snapshot_record *ret) {
        int r = read_header(fd, size, ret_header);
        if (r < 0)
                return r;
        r = find_record(fd, ret_header, application, *length, ret);
        if (r != -ENOENT)
                return r;
        *length = strlen(APPLICATION_DEFAULT);
        r = find_record(fd, ret_header, APPLICATION_DEFAULT, *length, ret);
        return r == -ENOENT ? -ENODATA : r;
}

static int answer_from_record(const struct snapshot_header *header, const struct snapshot_record *record, size_t length,
                              enum kind kind, struct auditfail_answer *ret) {
        const struct snapshot_rule *rule = &record->base;

        if (kind != KIND_NONE && record->exceptions[kind].line > 0)
                rule = &record->exceptions[kind];
        if (!record->broken && (rule->line == 0 || rule->action >= ACTION_COUNT))
                return -EBADMSG;

        struct auditfail_answer answer = {
                .action = record->broken ? AUDITFAIL_TERMINATE : (enum auditfail_action)rule->action,
                .via = AUDITFAIL_VIA_SNAPSHOT,
                .generation = header->generation,
                .line = record->broken ? 0 : rule->line,
        };
        if (record->place >= PLACE_COUNT ||
            policy_path(answer.file, header->root, record->place, record->application, length) == 0)
                return -EBADMSG;
        *ret = answer;
        return 0;
}

int snapshot_look_up(int fd, uint64_t size, const char *application, size_t length, enum kind kind,
                     struct auditfail_answer *answer) {
        struct snapshot_header header;
        struct snapshot_record record;

        int r = find_applying(fd, size, application, &length, &header, &record);
        if (r == -ENODATA) {
                *answer = (struct auditfail_answer){ .action = AUDITFAIL_TERMINATE,
                                                     .via = AUDITFAIL_VIA_SNAPSHOT,
                                                     .generation = header.generation };
                return 0;
        }
        return r < 0 ? r : answer_from_record(&header, &record, length, kind, answer);
}

/* Reads the snapshot that change_root_prepare() kept. */
static int read_kept(const char *application, size_t length, enum kind kind, struct auditfail_answer *answer) {
        int fd = kept_fd_get(KEPT_SNAPSHOT);
        struct stat status;

        if (fd < 0)
                return fd;
        if (fstat(fd, &status) < 0)
                return -errno;
        return snapshot_look_up(fd, (uint64_t)status.st_size, application, length, kind, answer);
}

int snapshot_read(const char *folder, const char *application, size_t length, enum kind kind,
                  struct auditfail_answer *answer) {
        if (root_is_other())
                return read_kept(application, length, kind, answer);

        uint64_t size = 0;
        cleanup(cleanup_fd) int fd = snapshot_open(folder, &size);

        return fd < 0 ? fd : snapshot_look_up(fd, size, application, length, kind, answer);
}

unsigned snapshot_wait(const char *folder, const char *application, size_t length) {
        struct snapshot_header header;
        struct snapshot_record record;
        uint64_t size = 0;

        if (root_is_other())
                return 0;
        cleanup(cleanup_fd) int fd = snapshot_open(folder, &size);
        return fd >= 0 && find_applying(fd, size, application, &length, &header, &record) == 0 ? record.wait : 0;
}
