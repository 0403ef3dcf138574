/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/subject/linkage.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/common/text.h"
#include "protocol/cleanup.h"

#define CONF           "/etc/ld.so.conf"
#define CONF_DEPTH_MAX 8
#define LIBRARIES_MAX  1024

/* Strings, each once, in the order in which they came. */
struct names {
        char **items;
        size_t count;
};

static void names_clear(struct names *names) {
        for (size_t i = 0; i < names->count; i++)
                free(names->items[i]);
        free(names->items);
}

static void names_add(struct names *names, const char *name) {
        for (size_t i = 0; i < names->count; i++)
                if (strcmp(names->items[i], name) == 0)
                        return;
        char **items = reallocarray(names->items, names->count + 1, sizeof(*items));
        if (!items)
                out_of_memory();
        names->items = items;
        items[names->count++] = text_format("%s", name);
}

static void read_conf(const char *pattern, unsigned depth, struct names *folders);

static void read_conf_file(const char *path, unsigned depth, struct names *folders) {
        cleanup(cleanup_file) FILE *file = fopen(path, "re");
        cleanup(cleanup_free) char *line = NULL;
        size_t size = 0;

        while (file && getline(&line, &size, file) >= 0) {
                line[strcspn(line, "#\n")] = 0;
                char *rest = line, *word = strsep(&rest, " \t");
                while (word && !*word)
                        word = strsep(&rest, " \t");
                if (word && *word == '/')
                        names_add(folders, word);
                else if (word && rest && strcmp(word, "include") == 0)
                        read_conf(rest + strspn(rest, " \t"), depth + 1, folders);
        }
}

/* A relative pattern means /etc, where ld.so.conf itself is. */
static void read_conf(const char *pattern, unsigned depth, struct names *folders) {
        cleanup(cleanup_free) char *absolute = text_format("%s%s", *pattern == '/' ? "" : "/etc/", pattern);
        glob_t found = { 0 };

        if (depth < CONF_DEPTH_MAX && glob(absolute, 0, NULL, &found) == 0)
                for (size_t i = 0; i < found.gl_pathc; i++)
                        read_conf_file(found.gl_pathv[i], depth, folders);
        globfree(&found);
}

static void find_folders(struct names *folders) {
        static const char *const defaults[] = { "/lib64", "/usr/lib64", "/lib", "/usr/lib" };

        read_conf(CONF, 0, folders);
        for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
                names_add(folders, defaults[i]);
}

/* Looks for NAME in RUNPATH, a list as in ELF files, of which ORIGIN is the file. */
static bool find_in_runpath(const char *runpath, const char *origin, const char *name, const struct elf_file *elf,
                            struct elf_file *ret, char **ret_path) {
        int folder_length = (int)(strrchr(origin, '/') ? strrchr(origin, '/') - origin : 0);

        while (runpath && *runpath) {
                size_t length = strcspn(runpath, ":"), skip = 0;
                if (strncmp(runpath, "$ORIGIN", 7) == 0)
                        skip = 7;
                else if (strncmp(runpath, "${ORIGIN}", 9) == 0)
                        skip = 9;
                cleanup(cleanup_free) char *path = text_format("%.*s%.*s/%s", skip ? folder_length : 0, origin,
                                                               (int)(length - skip), runpath + skip, name);
                if (elf_file_read_alike(path, elf, ret)) {
                        *ret_path = TAKE_PTR(path);
                        return true;
                }
                runpath += length + (runpath[length] == ':');
        }
        return false;
}

static bool find_library(const struct names *folders, const char *name, const struct elf_file *wanted_by,
                         const char *origin, struct elf_file *ret, char **ret_path) {
        if (strchr(name, '/')) {
                *ret_path = text_format("%s", name);
                return elf_file_read_alike(name, wanted_by, ret);
        }
        if (find_in_runpath(wanted_by->runpath, origin, name, wanted_by, ret, ret_path))
                return true;
        for (size_t i = 0; i < folders->count; i++) {
                cleanup(cleanup_free) char *path = text_format("%s/%s", folders->items[i], name);
                if (elf_file_read_alike(path, wanted_by, ret)) {
                        *ret_path = TAKE_PTR(path);
                        return true;
                }
        }
        return false;
}

static bool is_library(const char *name, const char *stem) {
        return strncmp(name, stem, strlen(stem)) == 0;
}

bool linkage_writes_records(const struct elf_file *elf) {
        static const char *const writers[] = { "audit_open", "audit_log_*", NULL };

        return elf_file_mentions(elf, writers);
}

bool linkage_starts_pam(const struct elf_file *elf) {
        static const char *const starters[] = { "pam_start", "pam_start_confdir", NULL };

        return elf_file_mentions(elf, starters);
}

bool linkage_is_direct(const struct linkage *linkage) {
        return linkage->audit && !*linkage->audit;
}

/* What the libraries tell besides. */
struct seen {
        bool audit; /* libaudit is among them: what offers functions of these names without it is something else */
        char *pam;  /* libpam's name, where it writes records: for the file that starts PAM */
};

/* Notes what WHO ("" for the program) calls. */
static void note_calls(const struct elf_file *elf, const char *who, struct linkage *linkage, struct seen *seen) {
        if (is_library(who, "libaudit.so.")) {
                seen->audit = true;
        } else if (is_library(who, "libpam.so.")) {
                if (linkage_writes_records(elf) && !seen->pam)
                        seen->pam = text_format("%s", who);
        } else {
                linkage->pam |= linkage_starts_pam(elf);
                if (!linkage->audit && linkage_writes_records(elf))
                        linkage->audit = text_format("%s", who);
        }
}

/* Adds what ELF is linked with to what is still to be looked at. */
static void note_needed(const struct elf_file *elf, struct names *queue, struct linkage *linkage) {
        size_t position = 0;

        for (const char *name; (name = elf_file_next_needed(elf, &position));) {
                linkage->stub |= is_library(name, "libauditfail.so.");
                if (queue->count < LIBRARIES_MAX)
                        names_add(queue, name);
        }
}

static void choose_writer(struct seen *seen, struct linkage *linkage) {
        if (!seen->audit) {
                free(linkage->audit);
                linkage->audit = NULL;
        } else if (!linkage->audit && linkage->pam) {
                linkage->audit = TAKE_PTR(seen->pam);
        }
        free(seen->pam);
}

void linkage_find(const struct elf_file *elf, const char *path, struct linkage *ret) {
        cleanup(names_clear) struct names folders = { 0 }, queue = { 0 };
        struct seen seen = { 0 };

        *ret = (struct linkage){ 0 };
        find_folders(&folders);
        note_calls(elf, "", ret, &seen);
        note_needed(elf, &queue, ret);
        for (size_t i = 0; i < queue.count; i++) {
                cleanup(elf_file_clear) struct elf_file library = { 0 };
                cleanup(cleanup_free) char *library_path = NULL;
                /* The program's own runpath stands for that of every library: few have another one. */
                if (find_library(&folders, queue.items[i], elf, path, &library, &library_path)) {
                        note_calls(&library, queue.items[i], ret, &seen);
                        note_needed(&library, &queue, ret);
                } else if (!ret->lost) {
                        ret->lost = text_format("%s", queue.items[i]);
                }
        }
        choose_writer(&seen, ret);
}

void linkage_clear(struct linkage *linkage) {
        free(linkage->audit);
        free(linkage->lost);
        *linkage = (struct linkage){ 0 };
}
