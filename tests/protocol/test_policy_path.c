/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/policy_path.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const struct {
        enum place place;
        const char *path;
} su_paths[] = {
        { PLACE_ETC, "/etc/auditfail/su.conf" },
        { PLACE_FLAT, "/etc/auditfail.su" },
        { PLACE_LIB, "/usr/lib/auditfail/su.conf" },
};

Test(policy_path, each_place_has_a_path_below_any_root) {
        char path[POLICY_PATH_MAX], expected[POLICY_PATH_MAX];

        for (size_t i = 0; i < PLACE_COUNT; i++) {
                cr_expect_eq(policy_path(path, "", su_paths[i].place, "sudo", 2), strlen(su_paths[i].path));
                cr_expect_str_eq(path, su_paths[i].path, "only LENGTH bytes count");
                snprintf(expected, sizeof(expected), "/srv/tree%s", su_paths[i].path);
                policy_path(path, "/srv/tree", su_paths[i].place, "su", 2);
                cr_expect_str_eq(path, expected);
        }
}

Test(policy_path, the_longest_path_fits_and_a_longer_one_is_refused) {
        char root[POLICY_PATH_MAX], path[POLICY_PATH_MAX];
        size_t room = POLICY_PATH_MAX - 1 - strlen("/etc/auditfail.su");

        memset(root, 'r', sizeof(root));
        root[room] = '\0';
        cr_expect_eq(policy_path(path, root, PLACE_FLAT, "su", 2), POLICY_PATH_MAX - 1);
        root[room] = 'r';
        root[room + 1] = '\0';
        cr_expect_eq(policy_path(path, root, PLACE_FLAT, "su", 2), 0);
        cr_expect_str_empty(path);
}

Test(policy_path, a_file_name_holds_the_application) {
        static const struct {
                enum place place;
                const char *name, *application;
        } table[] = {
                { PLACE_ETC, "su.conf", "su" },
                { PLACE_LIB, "su.conf", "su" },
                { PLACE_FLAT, "auditfail.su", "su" },
                { PLACE_FLAT, "auditfail.su.conf", "su.conf" },
                { PLACE_ETC, "su", NULL },
                { PLACE_FLAT, "su.conf", NULL },
                { PLACE_ETC, ".conf", "" },
                { PLACE_FLAT, "auditfail.", "" },
                { PLACE_FLAT, "auditfail", NULL },
                { PLACE_ETC, "", NULL },
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                size_t length = 0;
                const char *found = policy_path_application(table[i].place, table[i].name, &length);

                cr_expect_eq(found == NULL, table[i].application == NULL, "%s", table[i].name);
                if (found && table[i].application)
                        cr_expect(length == strlen(table[i].application) &&
                                          strncmp(found, table[i].application, length) == 0,
                                  "%s", table[i].name);
        }
}

Test(policy_path, a_path_belongs_to_the_application_that_its_name_says) {
        for (size_t i = 0; i < PLACE_COUNT; i++) {
                cr_expect(policy_path_belongs_to(su_paths[i].path, "su"), "%s", su_paths[i].path);
                cr_expect_not(policy_path_belongs_to(su_paths[i].path, "sudo"), "%s", su_paths[i].path);
                cr_expect_not(policy_path_belongs_to(su_paths[i].path, "u"), "%s", su_paths[i].path);
        }
        cr_expect(policy_path_belongs_to("/srv/tree/etc/auditfail/su.conf", "su"));
        cr_expect_not(policy_path_belongs_to("/etc/auditfail/default.conf", "su"));
        cr_expect_not(policy_path_belongs_to("", "su"));
}

Test(policy_path, a_file_stands_for_its_application) {
        static const struct {
                const char *file, *application;
        } table[] = {
                { "passwd", "passwd" },
                { "/etc/auditfail/passwd.conf", "passwd" },
                { "/etc/auditfail.passwd", "passwd" },
                { "/etc/auditfail.default", "default" },
                { "/usr/lib/auditfail/passwd.conf", NULL },
                { "/etc/auditfail/passwd", NULL },
                { "/etc/auditfail/.conf", NULL },
                { "/etc/auditfail/../passwd.conf", NULL },
                { "/etc/passwd", NULL },
                { "/etc/auditfail.", NULL },
                { "", NULL },
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                size_t length = 0;
                const char *found = application_from_file(table[i].file, &length);

                cr_expect_eq(found == NULL, table[i].application == NULL, "%s", table[i].file);
                if (found && table[i].application)
                        cr_expect(length == strlen(table[i].application) &&
                                          strncmp(found, table[i].application, length) == 0,
                                  "%s", table[i].file);
        }
}
