/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <libaudit.h>
#include <string.h>

#include "protocol/vocabulary.h"

static enum auditfail_action action(const char *word) {
        return (enum auditfail_action)action_from_name(word, strlen(word));
}

Test(vocabulary, actions_have_the_values_of_libaudit) {
        cr_expect_eq((int)AUDITFAIL_IGNORE, (int)FAIL_IGNORE);
        cr_expect_eq((int)AUDITFAIL_LOG, (int)FAIL_LOG);
        cr_expect_eq((int)AUDITFAIL_TERMINATE, (int)FAIL_TERMINATE);
}

Test(vocabulary, every_action_and_kind_is_read_back_from_its_word) {
        for (int a = 0; a < ACTION_COUNT; a++)
                cr_expect_eq((int)action(action_name((enum auditfail_action)a)), a);
        for (int k = 0; k < KIND_COUNT; k++)
                cr_expect_eq(kind_from_name(kind_name((enum kind)k), strlen(kind_name((enum kind)k))), k);
        cr_expect_null(kind_name(KIND_NONE));
        cr_expect_null(action_names[ACTION_COUNT]);
        cr_expect_null(kind_names[KIND_COUNT]);
}

Test(vocabulary, words_are_whole_and_lower_case) {
        cr_expect_eq(action_from_name("terminat", 8), -1);
        cr_expect_eq(action_from_name("terminate ", 10), -1);
        cr_expect_eq(action_from_name("Terminate", 9), -1);
        cr_expect_eq(action_from_name("", 0), -1);
        cr_expect_eq(action_from_name("logs", 3), AUDITFAIL_LOG, "only LENGTH bytes count");
        cr_expect_eq(kind_from_name("deny", 4), KIND_NONE);
}

Test(vocabulary, each_errno_has_the_kind_that_the_manual_says) {
        static const struct {
                int error;
                enum kind kind;
        } table[] = {
                { EINVAL, KIND_UNSUPPORTED },
                { EPROTONOSUPPORT, KIND_UNSUPPORTED },
                { EAFNOSUPPORT, KIND_UNSUPPORTED },
                { ECONNREFUSED, KIND_UNSUPPORTED },
                { ENOSYS, KIND_UNSUPPORTED },
                { ESOCKTNOSUPPORT, KIND_UNSUPPORTED },
                { EPFNOSUPPORT, KIND_UNSUPPORTED },
                { EOPNOTSUPP, KIND_UNSUPPORTED },
                { ESHUTDOWN, KIND_DISABLED },
                { ECANCELED, KIND_EXCLUDED },
                { EPERM, KIND_DENIED },
                { EACCES, KIND_DENIED },
                { EAGAIN, KIND_OVERLOAD },
                { ENOBUFS, KIND_OVERLOAD },
                { ENOMEM, KIND_OVERLOAD },
                { EMFILE, KIND_OVERLOAD },
                { ENFILE, KIND_OVERLOAD },
                { ETIMEDOUT, KIND_OVERLOAD },
                { EIO, KIND_OTHER },
                { ERRNO_MAX, KIND_OTHER },
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
                cr_expect_eq(kind_from_errno(table[i].error), table[i].kind, "errno %d", table[i].error);
}

Test(vocabulary, each_kind_has_an_errno_of_its_own) {
        cr_expect_eq(kind_errno(KIND_NONE), 0);
        for (enum kind kind = 0; kind < KIND_COUNT; kind++)
                cr_expect_eq(kind_from_errno(kind_errno(kind)), kind);
}

Test(vocabulary, names_are_of_few_characters_and_not_too_long) {
        char longest[APPLICATION_NAME_MAX + 1];

        memset(longest, 'a', sizeof(longest));
        cr_expect(application_name_valid(longest, APPLICATION_NAME_MAX));
        cr_expect_not(application_name_valid(longest, APPLICATION_NAME_MAX + 1));
        cr_expect(application_name_valid("getty@tty1.service_2-x", 22));
        cr_expect_not(application_name_valid("", 0));
        cr_expect_not(application_name_valid(".passwd", 7));
        cr_expect_not(application_name_valid("-passwd", 7));
        cr_expect_not(application_name_valid("pass/wd", 7));
        cr_expect_not(application_name_valid("pass wd", 7));
        cr_expect_not(application_name_valid("pass\0wd", 7));
        cr_expect_not(application_name_valid("p\xc3\xa4sswd", 7), "letters of a locale are not valid");
}

/* "a, b or c" */
static void expect_list(const char *list, const char *const *names, size_t count) {
        char expected[128] = "";

        for (size_t i = 0; i < count; i++) {
                strcat(expected, i == 0 ? "" : i + 1 < count ? ", " : " or ");
                strcat(expected, names[i]);
        }
        cr_expect_str_eq(list, expected);
}

Test(vocabulary, the_lists_for_a_person_have_every_word) {
        expect_list(ACTION_LIST, action_names, ACTION_COUNT);
        expect_list(KIND_LIST, kind_names, KIND_COUNT);
}
