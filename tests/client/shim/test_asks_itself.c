/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* This program is linked with libauditfail, and has the call among its dynamic symbols. */
#include "client/shim/asks_itself.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <sys/auxv.h>

#include "auditfail.h"

static enum auditfail_action (*const volatile call)(const char *file) = audit_failure_action;

Test(asks_itself, a_program_that_has_the_call_among_its_symbols_asks) {
        cr_expect(asks_itself(__builtin_return_address(0)) == false); /* the test framework calls this function */
        cr_expect(asks_itself((void *)getauxval(AT_ENTRY)));
        cr_expect(asks_itself((char *)getauxval(AT_ENTRY) + 1));
}

Test(asks_itself, a_library_that_has_not_does_not) {
        cr_expect_not(asks_itself(dlsym(RTLD_DEFAULT, "malloc")));
}

Test(asks_itself, an_address_of_no_file_does_not) {
        int on_stack;

        cr_assert_not_null((void *)call);
        cr_expect_not(asks_itself(&on_stack));
        cr_expect_not(asks_itself(NULL));
        cr_expect_not(asks_itself((void *)-1));
}
