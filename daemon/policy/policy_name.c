/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/policy/policy_name.h"

#include <string.h>
#include <sys/stat.h>

#include "protocol/vocabulary.h"

bool policy_name_is_leftover(const char *name) {
        /* Behind the last dot of a name. */
        static const char *const endings[] = {
                "bak",         "orig",    "rej",      "save",     "swp",       "swo",      "swx",
                "tmp",         "old",     "dpkg-old", "dpkg-new", "dpkg-dist", "dpkg-tmp", "dpkg-bak",
                "dpkg-remove", "ucf-old", "ucf-new",  "ucf-dist", "rpmnew",    "rpmsave",  "rpmorig",
                "pacnew",      "pacsave", "pacorig",  "apk-new",
        };
        const char *dot = strrchr(name, '.'), *tilde = strrchr(name, '~');

        if (name[0] == '.' || name[0] == '#' || (tilde && !tilde[1]))
                return true;
        for (size_t i = 0; dot && i < sizeof(endings) / sizeof(endings[0]); i++)
                if (dot[1] == endings[i][0] && strcmp(dot + 1, endings[i]) == 0)
                        return true;
        return false;
}

enum policy_name policy_name_classify(enum place place, int folder, const char *name) {
        size_t length;
        struct stat st;

        if (policy_name_is_leftover(name))
                return POLICY_NAME_OTHER;
        const char *application = policy_path_application(place, name, &length);
        if (application)
                return application_name_valid(application, length) ? POLICY_NAME_VALID : POLICY_NAME_INVALID;
        /* /etc is full of other files. */
        if (place != PLACE_FLAT && application_name_valid(name, strlen(name)) &&
            strncmp(name, "README", strlen("README")) != 0 && fstatat(folder, name, &st, 0) == 0 && S_ISREG(st.st_mode))
                return POLICY_NAME_UNREAD;
        return POLICY_NAME_OTHER;
}
