/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/subject/preload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/common/text.h"
#include "client/shim/preload_rules.h"
#include "protocol/cleanup.h"

#define SEPARATORS " :\t\n"

static void keep_value(char **value, const char *assignment, const char *name) {
        size_t length = strlen(name);

        if (!*value && strncmp(assignment, name, length) == 0 && assignment[length] == '=')
                *value = text_format("%s", assignment + length + 1);
}

void variables_note(struct variables *variables, const char *assignment) {
        keep_value(&variables->preload, assignment, "LD_PRELOAD");
        keep_value(&variables->application, assignment, "AUDITFAIL_APPLICATION");
}

void variables_clear(struct variables *variables) {
        free(variables->preload);
        free(variables->application);
        *variables = (struct variables){ 0 };
}

const char *preload_library(void) {
        const char *given = secure_getenv("AUDITFAIL_PRELOAD");

        return given && *given == '/' ? given : PRELOAD_LIBRARY;
}

/* Returns the next name in *LIST, and moves *LIST behind it; NULL at the end. The caller frees the name. */
static char *next_name(const char **list) {
        if (!*list)
                return NULL;
        *list += strspn(*list, SEPARATORS);
        size_t length = strcspn(*list, SEPARATORS);
        char *name = length > 0 ? text_format("%.*s", (int)length, *list) : NULL;
        *list += length;
        return name;
}

/*
 * Whether the dynamic loader can load NAME; it skips a library that it cannot load. The loader itself searches for a
 * name without a folder, or with $LIB and the like: assume that it finds that library.
 */
static bool is_loadable(const char *name, const struct elf_file *like) {
        cleanup(elf_file_clear) struct elf_file library = { 0 };

        return !strchr(name, '/') || strchr(name, '$') || elf_file_read_alike(name, like, &library);
}

bool preload_is_loaded(const char *list, const struct elf_file *like) {
        bool found = false;

        for (char *name; !found && (name = next_name(&list)); free(name))
                found = preload_is_listed(name) && is_loadable(name, like);
        return found;
}

/* A name without a folder does not count: setuid programs do not load it from there (ld.so(8)). */
bool preload_everywhere(const struct elf_file *like) {
        cleanup(cleanup_file) FILE *file = fopen(PRELOAD_FILE, "re");
        cleanup(cleanup_free) char *line = NULL;
        bool found = false;
        size_t size = 0;

        while (!found && file && getline(&line, &size, file) >= 0) {
                line[strcspn(line, "#")] = 0;
                const char *rest = line;
                for (char *name; !found && (name = next_name(&rest)); free(name))
                        found = *name == '/' && preload_is_loaded(name, like);
        }
        return found;
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
