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

/*
 * Whether the dynamic loader can load NAME; it skips a library that it cannot load. The loader itself searches for a
 * name without a folder, or with $LIB and the like: assume that it finds that library.
 */
static bool is_loadable(const char *name, const struct elf_file *like) {
        cleanup(elf_file_clear) struct elf_file library = { 0 };

        return !strchr(name, '/') || strchr(name, '$') || elf_file_read_alike(name, like, &library);
}

bool preload_is_loaded(const char *list, const struct elf_file *like, bool absolute) {
        cleanup(cleanup_free) char *copy = text_format("%s", list ?: "");
        char *rest = copy;

        for (char *name; (name = strsep(&rest, SEPARATORS));)
                if (preload_is_listed(name) && (*name == '/' || !absolute) && is_loadable(name, like))
                        return true;
        return false;
}

/* Setuid programs load no name without a folder from this file (ld.so(8)). */
bool preload_everywhere(const struct elf_file *like) {
        cleanup(cleanup_file) FILE *file = fopen(PRELOAD_FILE, "re");
        cleanup(cleanup_free) char *line = NULL;
        bool found = false;
        size_t size = 0;

        while (!found && file && getline(&line, &size, file) >= 0) {
                line[strcspn(line, "#")] = 0;
                found = preload_is_loaded(line, like, true);
        }
        return found;
}

char *preload_add_to_list(const char *list) {
        cleanup(cleanup_free) char *copy = text_format("%s", list ?: "");
        char *rest = copy;

        for (char *name; (name = strsep(&rest, SEPARATORS));)
                if (strcmp(name, preload_library()) == 0)
                        return text_format("%s", list);
        return text_format("%s%s%s", preload_library(), list && *list ? ":" : "", list ?: "");
}
