/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/shim/application.h"

#include <criterion/criterion.h>
#include <string.h>

Test(application, a_service_that_is_another_way_into_a_program_has_the_policy_of_that_program) {
        cr_assert_str_eq(application_of_service("su-l"), "su");
        cr_assert_str_eq(application_of_service("sudo-i"), "sudo");
        cr_assert_str_eq(application_of_service("runuser-l"), "runuser");
        cr_assert_str_eq(application_of_service("cups"), "cupsd");
        cr_assert_str_eq(application_of_service("remote"), "login");
}

Test(application, every_other_service_has_a_policy_of_its_own_name) {
        cr_assert_str_eq(application_of_service("sshd"), "sshd");
        cr_assert_str_eq(application_of_service("su-"), "su-");
        cr_assert_str_eq(application_of_service(""), "");
}

Test(application, the_three_programs_of_sshd_have_one_policy) {
        cr_assert_str_eq(application_of_program("sshd"), "sshd");
        cr_assert_str_eq(application_of_program("sshd-session"), "sshd");
        cr_assert_str_eq(application_of_program("sshd-auth"), "sshd");
}

Test(application, a_program_is_not_taken_for_a_service) {
        cr_assert_str_eq(application_of_program("cups"), "cups");
        cr_assert_str_eq(application_of_service("sshd-session"), "sshd-session");
}

Test(application, of_a_file_that_was_replaced_its_name_is_left) {
        char link[] = "/usr/sbin/cupsd (deleted)";

        strip_deleted(link);
        cr_assert_str_eq(link, "/usr/sbin/cupsd");
}

Test(application, every_other_link_is_left_as_it_is) {
        static const char *const links[] = { "/usr/sbin/cupsd", "/tmp/(deleted)", " (deleted)", "/a (deleted) b", "" };

        for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
                char link[64];

                strcpy(link, links[i]);
                strip_deleted(link);
                cr_expect_str_eq(link, links[i]);
        }
}
