/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "preload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "text.h"

#define SEPARATORS " :\t\n"

const char *preload_library(void) {
        const char *given = secure_getenv("AUDITFAIL_PRELOAD");

        return given && *given == '/' ? given : PRELOAD_LIBRARY;
}

bool preload_in_list(const char *list) {
        while (list && *list) {
                size_t length = strcspn(list, SEPARATORS), name = strlen(PRELOAD_NAME);
                if (length >= name && memcmp(list + length - name, PRELOAD_NAME, name) == 0 &&
                    (length == name || list[length - name - 1] == '/'))
                        return true;
                list += length + (list[length] != 0);
        }
        return false;
}

/* A name without a folder is not loaded into setuid programs: they look for it elsewhere (ld.so(8)). */
bool preload_everywhere(void) {
        cleanup(cleanup_file) FILE *file = fopen(PRELOAD_FILE, "re");
        cleanup(cleanup_free) char *line = NULL;
        size_t size = 0;

        while (file && getline(&line, &size, file) >= 0) {
                line[strcspn(line, "#")] = 0;
                for (char *rest, *name = strtok_r(line, SEPARATORS, &rest); name;
                     name = strtok_r(NULL, SEPARATORS, &rest))
                        if (*name == '/' && preload_in_list(name))
                                return true;
        }
        return false;
}

char *preload_add_to_list(const char *list) {
        if (preload_in_list(list))
                return text_format("%s", list);
        return text_format("%s%s%s", preload_library(), list && *list ? ":" : "", list ?: "");
}
