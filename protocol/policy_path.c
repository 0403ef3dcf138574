/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/policy_path.h"

#include <string.h>

#include "protocol/vocabulary.h"

static const struct policy_place places[PLACE_COUNT] = {
        [PLACE_ETC] = { "/etc/auditfail", "", ".conf" },
        [PLACE_FLAT] = { "/etc", "auditfail.", "" },
        [PLACE_LIB] = { "/usr/lib/auditfail", "", ".conf" },
};

const struct policy_place *policy_place(enum place place) {
        return &places[place];
}

size_t policy_path(char path[static POLICY_PATH_MAX], const char *root, enum place place, const char *application,
                   size_t length) {
        const struct policy_place *in = &places[place];
        size_t whole =
                strlen(root) + strlen(in->folder) + strlen("/") + strlen(in->prefix) + length + strlen(in->suffix);

        path[0] = '\0';
        if (whole >= POLICY_PATH_MAX)
                return 0;
        char *end = stpcpy(stpcpy(stpcpy(stpcpy(path, root), in->folder), "/"), in->prefix);
        memcpy(end, application, length);
        strcpy(end + length, in->suffix);
        return whole;
}

static bool ends_with(const char *text, size_t length, const char *suffix) {
        size_t wanted = strlen(suffix);

        return length >= wanted && memcmp(text + length - wanted, suffix, wanted) == 0;
}

const char *policy_path_application(enum place place, const char *name, size_t *ret_length) {
        const struct policy_place *in = &places[place];
        size_t prefix = strlen(in->prefix), length = strlen(name);

        if (strncmp(name, in->prefix, prefix) != 0 || !ends_with(name + prefix, length - prefix, in->suffix))
                return NULL;
        *ret_length = length - prefix - strlen(in->suffix);
        return name + prefix;
}

bool policy_path_belongs_to(const char *path, const char *application) {
        char own[POLICY_PATH_MAX];

        for (enum place place = 0; place < PLACE_COUNT; place++)
                if (policy_path(own, "", place, application, strlen(application)) > 0 &&
                    ends_with(path, strlen(path), own))
                        return true;
        return false;
}

/* libauditfail takes the two places of administrators, not that of packages. */
const char *application_from_file(const char *file, size_t *ret_length) {
        const char *application = file;
        size_t length = strlen(file);

        for (enum place place = PLACE_ETC; place <= PLACE_FLAT; place++) {
                size_t folder = strlen(places[place].folder);

                if (strncmp(file, places[place].folder, folder) == 0 && file[folder] == '/')
                        application = policy_path_application(place, file + folder + 1, &length) ?: application;
        }
        if (!application_name_valid(application, length))
                return NULL;
        *ret_length = length;
        return application;
}
