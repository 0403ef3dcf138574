/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/subject/linkage.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/auditfailctl/subject/string_list.h"
#include "client/common/text.h"
#include "client/shim/asks_itself.h"
#include "protocol/cleanup.h"

#define LIBRARIES_MAX 1024

/* The folders of RUNPATH, a list as in ELF files, for the program in the file ORIGIN. */
static void add_runpath(const char *runpath, const char *origin, struct string_list *folders) {
        const char *slash = strrchr(origin, '/');
        int origin_length = slash ? (int)(slash - origin) : 0;

        while (runpath && *runpath) {
                int length = (int)strcspn(runpath, ":"), skip = 0;
                if (strncmp(runpath, "$ORIGIN", strlen("$ORIGIN")) == 0)
                        skip = (int)strlen("$ORIGIN");
                else if (strncmp(runpath, "${ORIGIN}", strlen("${ORIGIN}")) == 0)
                        skip = (int)strlen("${ORIGIN}");
                cleanup(cleanup_free) char *folder =
                        text_format("%.*s%.*s", skip ? origin_length : 0, origin, length - skip, runpath + skip);
                string_list_add(folders, folder);
                runpath += length + (runpath[length] == ':');
        }
}

static void add_configured(struct string_list *folders) {
        glob_t files = { 0 };

        glob("/etc/ld.so.conf", 0, NULL, &files);
        glob("/etc/ld.so.conf.d/*.conf", GLOB_APPEND, NULL, &files);
        for (size_t i = 0; i < files.gl_pathc; i++) {
                cleanup(cleanup_file) FILE *file = fopen(files.gl_pathv[i], "re");
                cleanup(cleanup_free) char *line = NULL;
                size_t size = 0;
                while (file && getline(&line, &size, file) >= 0) {
                        char *folder = line + strspn(line, " \t");
                        folder[strcspn(folder, "# \t\n")] = 0;
                        if (*folder == '/')
                                string_list_add(folders, folder);
                }
        }
        globfree(&files);
}

static void find_folders(const struct elf_file *elf, const char *path, struct string_list *folders) {
        static const char *const defaults[] = { "/lib64", "/usr/lib64", "/lib", "/usr/lib" };

        add_runpath(elf->runpath, path, folders);
        add_configured(folders);
        for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
                string_list_add(folders, defaults[i]);
}

static bool find_library(const struct string_list *folders, const char *name, const struct elf_file *wanted_by,
                         struct elf_file *ret) {
        if (strchr(name, '/'))
                return elf_file_read_alike(name, wanted_by, ret);
        for (size_t i = 0; i < folders->count; i++) {
                cleanup(cleanup_free) char *path = text_format("%s/%s", folders->items[i], name);
                if (elf_file_read_alike(path, wanted_by, ret))
                        return true;
        }
        return false;
}

/* Adds the libraries that ELF is linked with to QUEUE. */
static void add_needed(const struct elf_file *elf, struct string_list *queue) {
        size_t position = 0;

        for (const char *name; queue->count < LIBRARIES_MAX && (name = elf_file_next_needed(elf, &position));)
                string_list_add(queue, name);
}

void linkage_find(const struct elf_file *elf, const char *path, struct linkage *ret) {
        cleanup(string_list_clear) struct string_list folders = { 0 }, queue = { 0 };

        *ret = (struct linkage){ 0 };
        find_folders(elf, path, &folders);
        linkage_add(ret, "", elf);
        add_needed(elf, &queue);
        for (size_t i = 0; i < queue.count; i++) {
                cleanup(elf_file_clear) struct elf_file library = { 0 };
                if (find_library(&folders, queue.items[i], elf, &library)) {
                        linkage_add(ret, queue.items[i], &library);
                        add_needed(&library, &queue);
                } else if (!ret->lost) {
                        ret->lost = text_format("%s", queue.items[i]);
                }
        }
        linkage_finish(ret);
}

static bool writes_records(const struct elf_file *elf) {
        static const char *const writers[] = { "audit_open", "audit_log_*", NULL };

        return !elf || elf_file_mentions(elf, writers);
}

static bool starts_pam(const struct elf_file *elf) {
        static const char *const starters[] = { "pam_start", "pam_start_confdir", NULL };

        return !elf || elf_file_mentions(elf, starters);
}

static bool has_call(const struct elf_file *elf) {
        return elf && elf_file_mentions(elf, asking_functions);
}

static bool is_library(const char *name, const char *stem) {
        return strncmp(name, stem, strlen(stem)) == 0;
}

void linkage_add(struct linkage *linkage, const char *name, const struct elf_file *elf) {
        if (is_library(name, "libaudit.so.")) {
                linkage->has_libaudit = true;
                linkage->offers |= has_call(elf);
        } else if (is_library(name, "libauditfail")) {
                linkage->stub |= is_library(name, "libauditfail.so.");
        } else if (is_library(name, "libpam.so.")) {
                linkage->has_libpam = true;
                linkage->pam_asks |= has_call(elf);
                if (!linkage->pam_writer && writes_records(elf))
                        linkage->pam_writer = text_format("%s", name);
        } else {
                linkage->pam |= starts_pam(elf);
                linkage->asks |= has_call(elf);
                if (!linkage->audit && writes_records(elf))
                        linkage->audit = text_format("%s", name);
        }
}

/* Without libaudit or libpam, functions of these names are other functions. */
void linkage_finish(struct linkage *linkage) {
        linkage->pam &= linkage->has_libpam;
        if (!linkage->has_libaudit) {
                free(linkage->audit);
                linkage->audit = NULL;
        } else if (!linkage->audit && linkage->pam) {
                linkage->audit = linkage->pam_writer;
                linkage->pam_writer = NULL;
        }
        free(linkage->pam_writer);
        linkage->pam_writer = NULL;
}

bool linkage_is_direct(const struct linkage *linkage) {
        return linkage->audit && !*linkage->audit;
}

void linkage_clear(struct linkage *linkage) {
        free(linkage->audit);
        free(linkage->lost);
        free(linkage->pam_writer);
        *linkage = (struct linkage){ 0 };
}
