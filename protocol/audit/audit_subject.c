/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/audit/audit_subject.h"

#include <errno.h>
#include <unistd.h>

#include "protocol/cleanup.h"
#include "protocol/proc.h"

int audit_subject_read(pid_t pid, char exe[static PATH_MAX], struct audit_subject *ret) {
        cleanup(cleanup_fd) int folder = proc_open(pid);
        uint64_t uid, gid;

        *ret = (struct audit_subject){ .pid = pid, .auid = AUDIT_UID_UNSET };
        /* The kernel's filters compare the real ids. */
        if (folder < 0 || proc_read_status(folder, "\nUid:", 0, 10, &uid) < 0 ||
            proc_read_status(folder, "\nGid:", 0, 10, &gid) < 0)
                return -ESRCH;
        ret->uid = (uid_t)uid;
        ret->gid = (gid_t)gid;
        ret->auid_known = proc_read_id(folder, "loginuid", &ret->auid) == 0;

        ssize_t length = readlinkat(folder, "exe", exe, PATH_MAX - 1);

        exe[length < 0 ? 0 : length] = 0;
        ret->exe = length > 0 ? exe : NULL;
        return 0;
}
