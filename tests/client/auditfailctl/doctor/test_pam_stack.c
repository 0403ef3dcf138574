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
        cleanup(pam_place_clear) struct pam_place place = { 0 };

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
        cr_assert_eq(place.hold, PAM_BINDS);
}

Test(pam_stack, includes_are_followed_for_the_type_that_they_are_for) {
        cleanup(pam_place_clear) struct pam_place of_su = { 0 }, of_login = { 0 }, of_cron = { 0 };

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

Test(pam_stack, a_control_that_lets_the_stack_go_on_binds_nobody) {
        static const char *const controls[] = { "optional", "SUFFICIENT", "[success=ok default=ignore]",
                                                "[system_err=ignore auth_err=bad default=die]" };

        for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
                cleanup(pam_place_clear) struct pam_place place = { 0 };
                char text[128];
                snprintf(text, sizeof(text), "account required pam_auditfail.so\nsession %s pam_auditfail.so\n",
                         controls[i]);
                put(folder, "su", text);
                pam_stack_find(folders, "su", &place);
                cr_assert(place.file);
                cr_assert_eq(place.hold, PAM_CONTROL, "%s", controls[i]);
        }
}

/* What the stack of ACCOUNT lines TEXT makes of the module. */
static enum pam_hold hold_of(const char *text) {
        cleanup(pam_place_clear) struct pam_place place = { 0 };

        put(folder, "su", text);
        pam_stack_find(folders, "su", &place);
        cr_assert(place.file, "%s", text);
        return place.hold;
}

#define MODULE "account required pam_auditfail.so\n"

Test(pam_stack, what_a_control_does_not_name_fails_the_stack) {
        cr_assert_eq(hold_of("account [success=ok] pam_auditfail.so\n"), PAM_BINDS);
        cr_assert_eq(hold_of("account [ success = ok system_err = die default=ignore ] pam_auditfail.so\n"), PAM_BINDS);
}

Test(pam_stack, what_stands_before_the_module_may_pass_it_by) {
        put(folder, "common", "account sufficient pam_permit.so\n");
        cr_assert_eq(hold_of("account sufficient pam_permit.so\n" MODULE), PAM_PASSES);
        cr_assert_eq(hold_of("account [success=done default=ignore] pam_permit.so\n" MODULE), PAM_PASSES);
        cr_assert_eq(hold_of("account [success=1 default=ignore] pam_permit.so\n" MODULE), PAM_PASSES);
        cr_assert_eq(hold_of("@include common\n" MODULE), PAM_PASSES);
        cr_assert_eq(hold_of("account include common\n" MODULE), PAM_PASSES);
        cr_assert_eq(hold_of("account [default=1] a.so\naccount substack wanted\n" MODULE), PAM_BINDS);
        cr_assert_eq(hold_of("account substack common\n" MODULE), PAM_BINDS);
        cr_assert_eq(hold_of("account required pam_unix.so\n" MODULE), PAM_BINDS);
        cr_assert_eq(hold_of("session sufficient pam_permit.so\n" MODULE), PAM_BINDS);
        cr_assert_eq(hold_of(MODULE "account sufficient pam_permit.so\n"), PAM_BINDS);
        cr_assert_eq(hold_of("account sufficient pam_permit.so\n" MODULE "session required pam_auditfail.so\n"),
                     PAM_PASSES);
}

Test(pam_stack, the_stack_that_debian_makes_passes_nothing_by) {
        cr_assert_eq(hold_of("account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so\n"
                             "account requisite pam_deny.so\n"
                             "account required pam_permit.so\n" MODULE),
                     PAM_BINDS);
}

Test(pam_stack, who_comes_past_auth_is_held_by_account) {
        static const char rootok[] = "auth sufficient pam_rootok.so\nauth required pam_auditfail.so\n";
        char text[256];

        cr_assert_eq(hold_of(rootok), PAM_PASSES);
        snprintf(text, sizeof(text), "%s" MODULE, rootok);
        cr_assert_eq(hold_of(text), PAM_BINDS);
}

Test(pam_stack, lines_go_on_and_words_may_be_in_capitals) {
        cleanup(pam_place_clear) struct pam_place place = { 0 };

        put(folder, "su", "# one \\\nAccount \\\n  Required \\ \n pam_auditfail.so application=a # \\\n");
        pam_stack_find(folders, "su", &place);
        cr_assert_eq(place.line, 2);
        cr_assert_str_eq(place.application, "a");
        cr_assert_eq(place.hold, PAM_BINDS);
}

Test(pam_stack, the_line_that_is_come_to_first_names_the_application) {
        cleanup(pam_place_clear) struct pam_place place = { 0 };

        put(folder, "su",
            "session required pam_auditfail.so application=session\n"
            "account required pam_auditfail.so application=x application=account\n");
        pam_stack_find(folders, "su", &place);
        cr_assert_str_eq(place.application, "account");
        cr_assert_eq(place.line, 2);
}

Test(pam_stack, others_stack_counts_for_each_type_of_which_a_program_has_none) {
        cleanup(pam_place_clear) struct pam_place place = { 0 };

        put(folder, "other", "account required pam_auditfail.so\nsession required pam_auditfail.so\n");
        put(folder, "su", "account required pam_unix.so\n");
        pam_stack_find(folders, "su", &place);
        cr_assert_str_eq(place.stack, "su");
        cr_assert_str_eq(place.types, "session");
        cr_assert(strstr(place.file, "/other"));
}

Test(pam_stack, a_program_without_a_stack_has_that_of_others) {
        cleanup(pam_place_clear) struct pam_place place = { 0 };

        put(folder, "other", "account required pam_auditfail.so\n");
        pam_stack_find(folders, "foo", &place);
        cr_assert_str_eq(place.service, "foo");
        cr_assert_str_eq(place.stack, "other");
        cr_assert(place.file);
}

Test(pam_stack, the_administrators_stack_hides_the_vendors) {
        cleanup(pam_place_clear) struct pam_place vendors = { 0 }, own = { 0 };

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
        cleanup(pam_place_clear) struct pam_place place = { 0 };

        put(folder, "su", "@include su\n@include\naccount\naccount [\naccount include su\naccount required\n\n[ [ [\n");
        pam_stack_find(folders, "su", &place);
        cr_assert_null(place.file);
}
