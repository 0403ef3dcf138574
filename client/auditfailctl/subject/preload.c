/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/subject/preload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/common/text.h"
#include "protocol/cleanup.h"

#define SEPARATORS " :\t\n"

const char *preload_library(void) {
        const char *given = secure_getenv("AUDITFAIL_PRELOAD");

        return given && *given == '/' ? given : PRELOAD_LIBRARY;
}

/* The next name in *LIST, which is moved behind it; NULL: there is none. The caller frees it. */
static char *next_name(const char **list) {
        if (!*list)
                return NULL;
        *list += strspn(*list, SEPARATORS);
        size_t length = strcspn(*list, SEPARATORS);
        char *name = length > 0 ? text_format("%.*s", (int)length, *list) : NULL;
        *list += length;
        return name;
}

static bool is_library(const char *name) {
        const char *slash = strrchr(name, '/');

        return strcmp(slash ? slash + 1 : name, PRELOAD_NAME) == 0;
}

bool preload_in_list(const char *list) {
        bool found = false;

        for (char *name; !found && (name = next_name(&list)); free(name))
                found = is_library(name);
        return found;
}

/*
 * Whether the dynamic loader finds NAME: what it does not find, or cannot load, it leaves away. What it looks for by
 * itself, a name without a folder or with $LIB and the like, it is trusted to find.
 */
static bool is_loadable(const char *name, const struct elf_file *like) {
        cleanup(elf_file_clear) struct elf_file library = { 0 };

        return !strchr(name, '/') || strchr(name, '$') || elf_file_read_alike(name, like, &library);
}

bool preload_from_list(const char *list, const struct elf_file *like) {
        bool found = false;

        for (char *name; !found && (name = next_name(&list)); free(name))
                found = is_library(name) && is_loadable(name, like);
        return found;
}

/* A name without a folder is not loaded into setuid programs: they look for it elsewhere (ld.so(8)). */
bool preload_everywhere(const struct elf_file *like) {
        cleanup(cleanup_file) FILE *file = fopen(PRELOAD_FILE, "re");
        cleanup(cleanup_free) char *line = NULL;
        size_t size = 0;

        while (file && getline(&line, &size, file) >= 0) {
                line[strcspn(line, "#")] = 0;
                for (char *rest, *name = strtok_r(line, SEPARATORS, &rest); name;
                     name = strtok_r(NULL, SEPARATORS, &rest))
                        if (*name == '/' && preload_from_list(name, like))
                                return true;
        }
        return false;
}

char *preload_add_to_list(const char *list) {
        const char *library = preload_library(), *rest = list;
        bool found = false;

        for (char *name; !found && (name = next_name(&rest)); free(name))
                found = strcmp(name, library) == 0;
        if (found)
                return text_format("%s", list);
        return text_format("%s%s%s", library, list && *list ? ":" : "", list ?: "");
}
