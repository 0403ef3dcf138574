/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each test gives up the privileges of its own process. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <unistd.h>

#include "daemon/common/privileges.h"
#include "tests/daemon/common/shortage.h"
#include "tests/harness/catch_stderr.h"
#include "tests/harness/parameterized.h"

#define KEPT (UINT64_C(1) << CAP_AUDIT_WRITE)

static void need_root(void) {
        if (geteuid() != 0)
                cr_skip_test("only root has privileges to give up");
}

struct refused {
        long call;
        int argument;
        uint32_t value;
        int error, result;
        char user[16], said[48];
};

ParameterizedTestParameters(privileges, a_refused_system_call_is_an_error) {
        static struct refused rows[] = {
                { SYS_capget, ANY_ARGUMENT, 0, EPERM, -EIO, "nobody", "Cannot read the capabilities" },
                { SYS_setgroups, ANY_ARGUMENT, 0, EACCES, -EACCES, "nobody", "supplementary groups: Permission" },
                { SYS_prctl, 0, PR_SET_KEEPCAPS, EACCES, -EACCES, "nobody", "become user \"nobody\": Permission" },
                { SYS_setresgid, ANY_ARGUMENT, 0, EACCES, -EACCES, "nobody", "become user \"nobody\": Permission" },
                { SYS_setresuid, ANY_ARGUMENT, 0, EACCES, -EACCES, "nobody", "become user \"nobody\": Permission" },
                { SYS_prctl, 0, PR_SET_NO_NEW_PRIVS, EACCES, -EACCES, "nobody", "set no_new_privs: Permission" },
                { SYS_capset, ANY_ARGUMENT, 0, EPERM, -EPERM, "root", "Cannot drop " },
                { SYS_acct, ANY_ARGUMENT, 0, EPERM, -ENOENT, "no-such-user", "there is no such user. Create" },
        };

        return cr_make_param_array(struct refused, rows, sizeof(rows) / sizeof(*rows));
}

ParameterizedTest(struct refused *row, privileges, a_refused_system_call_is_an_error) {
        char text[512];
        int said, r;

        need_root();
        said = catch_stderr();
        refuse_call(row->call, row->argument, row->value, row->error);
        r = privileges_drop(row->user, KEPT);
        read_all(said, text, sizeof(text));
        cr_expect_eq(r, row->result, "%d, not %d", r, row->result);
        cr_expect_not_null(strstr(text, row->said), "\"%s\" is not in: %s", row->said, text);
}

Test(privileges, a_user_that_cannot_be_looked_up_is_refused_with_the_reason) {
        char text[512];
        int said, r;

        need_root();
        said = catch_stderr();
        take_descriptors();
        r = privileges_drop("nobody", KEPT);
        give_descriptors();
        read_all(said, text, sizeof(text));
        cr_expect_eq(r, -ENOENT);
        cr_expect_not_null(strstr(text, "no such user: Too many open files"), "%s", text);
}

/* The effective and permitted capabilities of this process, and which of the others a program could get back. */
static void expect_capabilities(uint64_t permitted) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct sets[2];

        cr_assert_eq(syscall(SYS_capget, &header, sets), 0);
        cr_expect_eq(sets[0].permitted | (uint64_t)sets[1].permitted << 32, permitted);
        cr_expect_eq(sets[0].effective | (uint64_t)sets[1].effective << 32, permitted);
        cr_expect_eq(sets[0].inheritable | sets[1].inheritable, 0);
        cr_expect_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
}

struct kept {
        char user[16];
        uint64_t keep;
        char name[16];
};

ParameterizedTestParameters(privileges, what_is_kept_is_kept_by_each_user) {
        static struct kept rows[] = {
                { "root", 0, "" },
                { "root", UINT64_C(1) << CAP_KILL, "kill" },
                { "nobody", 0, "" },
                { "nobody", UINT64_C(1) << CAP_KILL, "kill" },
        };

        return cr_make_param_array(struct kept, rows, sizeof(rows) / sizeof(*rows));
}

ParameterizedTest(struct kept *row, privileges, what_is_kept_is_kept_by_each_user) {
        bool root = strcmp(row->user, "root") == 0;
        unsigned cursor = 0;
        const char *name;

        need_root();
        for (int times = 0; times < 2; times++) { /* the second time there is nothing to give up */
                cr_assert_eq(privileges_drop(row->user, row->keep), 0);
                cr_expect_eq(geteuid() == 0, root);
                expect_capabilities(row->keep);
                cr_expect_eq(prctl(PR_CAPBSET_READ, CAP_CHOWN, 0, 0, 0), 0);
                cr_expect_eq(prctl(PR_CAPBSET_READ, CAP_KILL, 0, 0, 0), root && row->keep != 0);
        }
        name = privileges_next(&cursor);
        cr_expect_str_eq(name ? name : "", row->name);
}

Test(privileges, without_cap_setpcap_and_cap_setgid_the_capabilities_go_and_the_bounding_set_stays) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct sets[2] = { { .effective = 1 << CAP_KILL | 1 << CAP_CHOWN,
                                                    .permitted = 1 << CAP_KILL | 1 << CAP_CHOWN } };

        need_root();
        cr_assert_eq(syscall(SYS_capset, &header, sets), 0);
        cr_assert_eq(privileges_drop("root", UINT64_C(1) << CAP_KILL), 0);
        expect_capabilities(UINT64_C(1) << CAP_KILL);
        cr_expect_eq(prctl(PR_CAPBSET_READ, CAP_CHOWN, 0, 0, 0), 1);
}

Test(privileges, a_user_without_capabilities_has_only_no_new_privs_to_set) {
        need_root();
        for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
                prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
        cr_assert_eq(setresuid(65534, 65534, 65534), 0);
        refuse_call(SYS_capset, ANY_ARGUMENT, 0, EPERM);
        cr_expect_eq(privileges_drop(NULL, KEPT), 0);
        expect_capabilities(0);
}

Test(privileges, no_capability_is_named_if_the_kernel_does_not_tell_them) {
        unsigned cursor = 0;

        refuse_call(SYS_capget, ANY_ARGUMENT, 0, EPERM);
        cr_expect_null(privileges_next(&cursor));
}
