/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/subject/variables.h"

#include <stdlib.h>
#include <string.h>

#include "client/common/text.h"

static void keep(char **value, const char *assignment, const char *name) {
        size_t length = strlen(name);

        if (!*value && strncmp(assignment, name, length) == 0 && assignment[length] == '=')
                *value = text_format("%s", assignment + length + 1);
}

void variables_note(struct variables *variables, const char *assignment) {
        keep(&variables->preload, assignment, "LD_PRELOAD");
        keep(&variables->application, assignment, "AUDITFAIL_APPLICATION");
}

void variables_clear(struct variables *variables) {
        free(variables->preload);
        free(variables->application);
        *variables = (struct variables){ 0 };
}
