/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/shim/common_user.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

/* If the answer is unknown, this function and the next one return true: then the policy decides. */
static bool may_be_root(void) {
        uid_t real, effective, saved;

        return getresuid(&real, &effective, &saved) < 0 || real == 0 || effective == 0 || saved == 0;
}

static bool is_permitted_to_write(void) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

        return syscall(SYS_capget, &header, data) < 0 ||
               (data[CAP_TO_INDEX(CAP_AUDIT_WRITE)].permitted & CAP_TO_MASK(CAP_AUDIT_WRITE)) != 0;
}

bool is_common_user(int error) {
        int saved = errno;
        bool common = error == EPERM && !may_be_root() && !is_permitted_to_write();

        errno = saved;
        return common;
}
