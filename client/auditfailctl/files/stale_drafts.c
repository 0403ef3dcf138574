/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/files/stale_drafts.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/auditfailctl/files/draft.h"
#include "client/common/text.h"
#include "protocol/cleanup.h"

static DIR *open_list(int folder, const char *name) {
        int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        DIR *list = fd < 0 ? NULL : fdopendir(fd);

        if (!list)
                cleanup_fd(&fd);
        return list;
}

static bool is_dots(const char *name) {
        return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Reads the regular file NAME into BUFFER. Returns its length; -1: there is no such file, or it is too long. */
static ssize_t read_text(int folder, const char *name, char buffer[POLICY_BUFFER_SIZE]) {
        cleanup(cleanup_fd) int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > POLICY_FILE_MAX)
                return -1;
        return TEMP_FAILURE_RETRY(read(fd, buffer, POLICY_BUFFER_SIZE));
}

/* Whether the policy file NAME has the text of the draft NAME, so that the draft is not needed. */
static bool is_in_place(const struct policy_folder *place, int private, const char *name) {
        cleanup(cleanup_free) char *draft = malloc(POLICY_BUFFER_SIZE), *policy = malloc(POLICY_BUFFER_SIZE);

        if (!draft || !policy)
                out_of_memory();
        ssize_t length = read_text(private, name, draft);
        return length >= 0 && read_text(place->fd, name, policy) == length &&
               memcmp(draft, policy, (size_t)length) == 0;
}

/* Returns the name of a file with a text that would be lost; NULL: there is none. The caller frees it. */
static char *find_text(const struct policy_folder *place, DIR *private) {
        for (const struct dirent *entry; (entry = readdir(private));)
                if (!is_dots(entry->d_name) && !draft_is_copy(entry->d_name) &&
                    !is_in_place(place, dirfd(private), entry->d_name))
                        return text_format("%s", entry->d_name);
        return NULL;
}

static void empty(DIR *private) {
        rewinddir(private);
        for (const struct dirent *entry; (entry = readdir(private));)
                unlinkat(dirfd(private), entry->d_name, 0);
}

static void look_at(const struct policy_folder *place, const char *name) {
        cleanup(cleanup_dir) DIR *private = open_list(place->fd, name);
        struct stat st;

        if (!private || fstat(dirfd(private), &st) < 0 || st.st_uid != geteuid() ||
            flock(dirfd(private), LOCK_EX | LOCK_NB) < 0)
                return;
        cleanup(cleanup_free) char *text = find_text(place, private);
        cleanup(cleanup_free) char *safe = text_safe(text ?: "");
        if (text)
                complain(0, "an earlier edit has left its text in %s/%s/%s; if you do not need it, type: rm -r %s/%s",
                         place->path, name, safe, place->path, name);
        else {
                empty(private);
                unlinkat(place->fd, name, AT_REMOVEDIR);
        }
}

void stale_drafts_remove(const struct policy_folder *place) {
        cleanup(cleanup_dir) DIR *list = open_list(place->fd, ".");

        for (const struct dirent *entry; list && (entry = readdir(list));)
                if (strncmp(entry->d_name, DRAFT_FOLDER, strlen(DRAFT_FOLDER)) == 0)
                        look_at(place, entry->d_name);
}
