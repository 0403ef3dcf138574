/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/subject/pam_control.h"

#include <stdlib.h>
#include <string.h>

#include "client/tool/text.h"
#include "protocol/cleanup.h"

/* A value that is not named, and no action at all, fails the stack. */
static bool is_failure(const char *action) {
        return !action || strcmp(action, "bad") == 0 || strcmp(action, "die") == 0;
}

/* That an expired password ends the stack is no way past it: the program has it changed then, which is another step. */
static void note_action(const char *value, const char *action, struct pam_control *control) {
        unsigned long jump = strtoul(action, NULL, 10);

        if (strcmp(action, "done") == 0 && strcmp(value, "new_authtok_reqd") != 0)
                control->ends = true;
        if (jump > control->jump)
                control->jump = jump < 1000 ? (unsigned)jump : 1000;
}

static struct pam_control read_actions(const char *text) {
        cleanup(cleanup_free) char *copy = text_format("%s", text);
        const char *system_error = NULL, *otherwise = NULL;
        struct pam_control control = { 0 };
        char *rest, *value = strtok_r(copy, "[]= \t", &rest);

        while (value) {
                const char *action = strtok_r(NULL, "[]= \t", &rest);
                if (!action)
                        break;
                note_action(value, action, &control);
                if (strcmp(value, "system_err") == 0)
                        system_error = action;
                else if (strcmp(value, "default") == 0 && !otherwise)
                        otherwise = action;
                value = strtok_r(NULL, "[]= \t", &rest);
        }
        control.binds = is_failure(system_error ?: otherwise);
        return control;
}

struct pam_control pam_control_read(const char *control) {
        if (*control == '[')
                return read_actions(control);
        if (strcasecmp(control, "sufficient") == 0)
                return (struct pam_control){ .ends = true };
        return (struct pam_control){ .binds = strcasecmp(control, "optional") != 0 };
}
