/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where pam_auditfail stands, in stacks of a folder of the test's own. */
#include "client/auditfailctl/subject/pam_stack.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/cleanup.h"

static char folder[] = "/dev/shm/test-pam-XXXXXX";
static char other[sizeof(folder) + 8];
static const char *const folders[] = { folder, other, NULL };

static void put(const char *in, const char *service, const char *text) {
        char path[128];
        snprintf(path, sizeof(path), "%s/%s", in, service);
        cleanup(cleanup_file) FILE *file = fopen(path, "we");
        cr_assert(file && fputs(text, file) >= 0);
}

static void set_up(void) {
        char command[128];

        cr_assert(mkdtemp(folder));
        snprintf(other, sizeof(other), "%s/vendor", folder);
        snprintf(command, sizeof(command), "mkdir %s", other);
        cr_assert_eq(system(command), 0);
}

static void tear_down(void) {
        char command[128];

        snprintf(command, sizeof(command), "rm -r %s", folder);
        cr_assert_eq(system(command), 0);
}

TestSuite(pam_stack, .init = set_up, .fini = tear_down);

Test(pam_stack, the_module_is_found_with_its_line_types_and_options) {
        cleanup(pam_line_clear) struct pam_line place = { 0 };

        put(folder, "su",
            "# account required pam_auditfail.so\n"
            "auth sufficient pam_rootok.so\n"
            "account\trequired\t/usr/lib/security/pam_auditfail.so quiet application=login\n"
            "-session [success=ok default=die] pam_auditfail.so # as above\n");
        pam_stack_find(folders, "su", &place);
        cr_assert_str_eq(place.service, "su");
        cr_assert(strstr(place.file, "/su"));
        cr_assert_eq(place.line, 3);
        cr_assert_str_eq(place.types, "account session");
        cr_assert_str_eq(place.application, "login");
        cr_assert_str_eq(place.control, "required");
}

Test(pam_stack, includes_are_followed_for_the_type_that_they_are_for) {
        cleanup(pam_line_clear) struct pam_line of_su = { 0 }, of_login = { 0 }, of_cron = { 0 };

        put(folder, "common", "auth required pam_unix.so\naccount required pam_auditfail.so\n");
        put(folder, "su", "@include common\n");
        put(folder, "login", "auth include common\n");
        put(folder, "cron", "account substack common\n");
        pam_stack_find(folders, "su", &of_su);
        cr_assert(of_su.file && strstr(of_su.file, "/common"));
        cr_assert_eq(of_su.line, 2);
        pam_stack_find(folders, "login", &of_login);
        cr_assert_null(of_login.file);
        pam_stack_find(folders, "cron", &of_cron);
        cr_assert(of_cron.file);
}

/* The control that is told of a stack with TEXT, and whether the module cannot stop the program there. */
static void assert_control(const char *text, const char *control, bool optional) {
        cleanup(pam_line_clear) struct pam_line place = { 0 };

        put(folder, "su", text);
        pam_stack_find(folders, "su", &place);
        cr_assert_str_eq(place.control, control, "%s", text);
        cr_assert_eq(pam_line_is_optional(&place), optional, "%s", text);
}

Test(pam_stack, a_line_that_cannot_stop_the_stack_comes_before_others) {
        assert_control("account requisite pam_auditfail.so\n", "requisite", false);
        assert_control("account [success=ok default=die] pam_auditfail.so\n", "[success=ok default=die]", false);
        assert_control("account required pam_auditfail.so\nsession optional pam_auditfail.so\n", "optional", true);
        assert_control("account SUFFICIENT pam_auditfail.so\nsession required pam_auditfail.so\n", "SUFFICIENT", true);
}

Test(pam_stack, brackets_stop_the_stack_by_their_action_for_a_system_error) {
        assert_control("account [success=ok system_err=bad default=ignore] pam_auditfail.so\n",
                       "[success=ok system_err=bad default=ignore]", false);
        assert_control("account [success=ok] pam_auditfail.so\n", "[success=ok]", false);
        assert_control("account [success=1 default=ignore] pam_auditfail.so\n", "[success=1 default=ignore]", true);
        assert_control("account [default=die system_err = 1] pam_auditfail.so\n", "[default=die system_err = 1]", true);
}

Test(pam_stack, lines_go_on_and_words_may_be_in_capitals) {
        cleanup(pam_line_clear) struct pam_line place = { 0 };

        put(folder, "su", "# one \\\nAccount \\\n  Required \\ \n pam_auditfail.so application=a # \\\n");
        pam_stack_find(folders, "su", &place);
        cr_assert_eq(place.line, 2);
        cr_assert_str_eq(place.application, "a");
        cr_assert_str_eq(place.control, "Required");
}

Test(pam_stack, the_first_line_names_the_application) {
        cleanup(pam_line_clear) struct pam_line place = { 0 };

        put(folder, "su",
            "account required pam_auditfail.so application=x application=account\n"
            "session required pam_auditfail.so application=session\n");
        pam_stack_find(folders, "su", &place);
        cr_assert_str_eq(place.application, "account");
        cr_assert_eq(place.line, 1);
}

Test(pam_stack, others_stack_counts_for_each_type_of_which_a_program_has_none) {
        cleanup(pam_line_clear) struct pam_line place = { 0 };

        put(folder, "other", "account required pam_auditfail.so\nsession required pam_auditfail.so\n");
        put(folder, "su", "account required pam_unix.so\n");
        pam_stack_find(folders, "su", &place);
        cr_assert_str_eq(place.stack, "su");
        cr_assert_str_eq(place.types, "session");
        cr_assert(strstr(place.file, "/other"));
}

Test(pam_stack, a_program_without_a_stack_has_that_of_others) {
        cleanup(pam_line_clear) struct pam_line place = { 0 };

        put(folder, "other", "account required pam_auditfail.so\n");
        pam_stack_find(folders, "foo", &place);
        cr_assert_str_eq(place.service, "foo");
        cr_assert_str_eq(place.stack, "other");
        cr_assert(place.file);
}

Test(pam_stack, the_administrators_stack_hides_the_vendors) {
        cleanup(pam_line_clear) struct pam_line vendors = { 0 }, own = { 0 };

        put(other, "su", "account required pam_auditfail.so\n");
        pam_stack_find(folders, "su", &vendors);
        cr_assert(vendors.file && strstr(vendors.file, "/vendor/su"));
        put(folder, "su", "account required pam_unix.so\n");
        pam_stack_find(folders, "su", &own);
        cr_assert_null(own.file);
}

Test(pam_stack, programs_whose_service_has_another_name_are_known) {
        cr_assert_str_eq(pam_service_of("cupsd"), "cups");
        cr_assert_str_eq(pam_service_of("sshd-auth"), "sshd");
        cr_assert_str_eq(pam_service_of("su"), "su");
}

Test(pam_stack, what_makes_no_sense_ends_and_finds_nothing) {
        cleanup(pam_line_clear) struct pam_line place = { 0 };

        put(folder, "su", "@include su\n@include\naccount\naccount [\naccount include su\naccount required\n\n[ [ [\n");
        pam_stack_find(folders, "su", &place);
        cr_assert_null(place.file);
}
