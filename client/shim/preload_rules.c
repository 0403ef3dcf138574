/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/shim/preload_rules.h"

#include <string.h>

#include "client/shim/application.h"
#include "protocol/policy_path.h"

enum preload_rest preload_rest(const struct preload_facts *facts) {
        if (facts->refuses)
                return PRELOAD_LEAVES_REFUSER;
        if (strcmp(facts->executable, "auditd") == 0)
                return PRELOAD_LEAVES_AUDITD;
        if (facts->process_1 && (strcmp(facts->executable, "systemd") == 0 || strcmp(facts->executable, "init") == 0))
                return PRELOAD_LEAVES_INIT;
        return PRELOAD_ACTS;
}

static bool is_named(const struct preload_facts *facts) {
        return facts->variable && facts->variable[0];
}

void preload_application(const struct preload_facts *facts, char ret[static APPLICATION_NAME_MAX + 1]) {
        const char *file = facts->variable;
        size_t length;

        /* The caller of a setuid program chooses argv[0], but not the file. */
        if (!is_named(facts))
                file = application_of_program(facts->secure ? facts->executable : facts->called);
        const char *name = application_from_file(file, &length);
        if (!name) { /* the same as in libauditfail */
                name = APPLICATION_DEFAULT;
                length = strlen(APPLICATION_DEFAULT);
        }
        memcpy(ret, name, length);
        ret[length] = '\0';
}

/* The default policy belongs to no application, though a program whose name is no valid one gets it. */
static bool is_its_own(const struct preload_facts *facts, const char *application, const char *file) {
        if (strcmp(application, APPLICATION_DEFAULT) == 0 && !is_named(facts))
                return false;
        return policy_path_belongs_to(file, application);
}

enum preload_common preload_common(const struct preload_facts *facts, const char *application,
                                   const struct auditfail_answer *answer) {
        if (facts->secure)
                return PRELOAD_COMMON_SECURE;
        if (!answer)
                return PRELOAD_COMMON_OBEYS;
        if (answer->via == AUDITFAIL_VIA_BUILTIN)
                return is_named(facts) || facts->in_ld_preload ? PRELOAD_COMMON_OBEYS : PRELOAD_COMMON_REPORTS;
        return is_its_own(facts, application, answer->file) ? PRELOAD_COMMON_OBEYS : PRELOAD_COMMON_DEFAULT;
}

bool preload_is_listed(const char *list) {
        while (list && *list) {
                size_t length = strcspn(list, " :"); /* ld.so(8) */
                const char *slash = memrchr(list, '/', length), *file = slash ? slash + 1 : list;

                if ((size_t)(list + length - file) == strlen(PRELOAD_NAME) &&
                    memcmp(file, PRELOAD_NAME, strlen(PRELOAD_NAME)) == 0)
                        return true;
                list += length + (list[length] != '\0');
        }
        return false;
}
