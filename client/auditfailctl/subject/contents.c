/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/subject/contents.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/auditfailctl/subject/linkage.h"
#include "client/auditfailctl/subject/program.h"
#include "client/auditfailctl/subject/regular_file.h"
#include "protocol/cleanup.h"

/* Characters of the paths of programs; any other character ends a path. */
#define NAME_CHARACTERS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-./:@_"

struct search {
        struct string_list seen;
        unsigned paths;
        struct string_list *helpers;
};

/* Whether the program PATH writes records by itself. A script does not. */
static bool writes_records(const char *path) {
        cleanup(program_clear) struct program program = { 0 };
        cleanup(linkage_clear) struct linkage linkage = { 0 };

        if (program_read(path, &program) < 0 || program.error < 0 || program.interpreter)
                return false;
        linkage_find(&program.elf, path, &linkage);
        return linkage.audit != NULL;
}

/* Leaves systemd out: all programs that talk to systemd name it, but only the kernel starts it. */
static void note_path(struct search *search, const char *at, size_t length) {
        char path[PATH_MAX], real[PATH_MAX];

        if (length >= PATH_MAX || search->paths++ >= CONTENTS_PATHS_MAX)
                return;
        snprintf(path, sizeof(path), "%.*s", (int)length, at);
        if (search->helpers->count < CONTENTS_HELPERS_MAX && access(path, X_OK) == 0 && realpath(path, real) &&
            strcmp(basename(real), "systemd") != 0 && string_list_add(&search->seen, real) && writes_records(real))
                string_list_add(search->helpers, real);
}

/* Notes the absolute paths in a line of a script, and those that begin a string of a program. */
static void read_paths(struct search *search, const char *bytes, size_t size, bool script) {
        for (const char *at = bytes; (at = memchr(at, '/', (size_t)(bytes + size - at)));) {
                size_t length = strspn(at, NAME_CHARACTERS);
                char before = at > bytes ? at[-1] : '\0', after = at[length];
                bool counts = script ? !before || !strchr(NAME_CHARACTERS, before)
                                     : !isprint((unsigned char)before) && (!after || after == ' ');
                if (counts && length > 1)
                        note_path(search, at, length);
                at += length;
        }
}

static void read_script(struct search *search, char *text) {
        for (char *line; (line = strsep(&text, "\n"));)
                if (line[strspn(line, " \t")] != '#')
                        read_paths(search, line, strlen(line), true);
}

static bool has(const char *bytes, size_t size, const char *text) {
        return memmem(bytes, size, text, strlen(text)) != NULL;
}

void contents_read(const char *path, struct contents *ret) {
        struct search search = { .helpers = &ret->helpers };
        size_t size = 0;
        cleanup(cleanup_free) char *bytes = regular_file_read(path, CONTENTS_MAX, &size);

        *ret = (struct contents){ 0 };
        if (!bytes)
                return;
        ret->aborts = has(bytes, size, "Cannot open audit interface - aborting");
        ret->ends_sessions = has(bytes, size, "linux_audit_write_entry failed");
        ret->go = has(bytes, size, "\xff Go buildinf:");
        if (strncmp(bytes, "#!", 2) == 0)
                read_script(&search, bytes);
        else if (strncmp(bytes, "\177ELF", 4) == 0)
                read_paths(&search, bytes, size, false);
        string_list_clear(&search.seen);
}

void contents_clear(struct contents *contents) {
        string_list_clear(&contents->helpers);
        *contents = (struct contents){ 0 };
}
