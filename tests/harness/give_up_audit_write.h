/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests that send records to the kernel: none may reach this machine's trail. */
#ifndef AUDITFAIL_TEST_GIVE_UP_AUDIT_WRITE_H
#define AUDITFAIL_TEST_GIVE_UP_AUDIT_WRITE_H

#include <cap-ng.h>
#include <criterion/criterion.h>

/* Makes the kernel refuse all audit records of this process. */
static inline void give_up_audit_write(void) {
        cr_assert_eq(capng_get_caps_process(), 0);
        capng_update(CAPNG_DROP, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE, CAP_AUDIT_WRITE);
        cr_assert_eq(capng_apply(CAPNG_SELECT_CAPS), 0);
        cr_assert_eq(capng_get_caps_process(), 0);
        cr_assert_not(capng_have_capability(CAPNG_EFFECTIVE, CAP_AUDIT_WRITE));
}

#endif
