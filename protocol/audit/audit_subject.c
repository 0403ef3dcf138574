/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/audit/audit_subject.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "protocol/cleanup.h"

static FILE *open_file(pid_t pid, const char *name) {
        char path[64];

        snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
        return fopen(path, "re");
}

/* Reads the real ids, which the kernel's filters compare. */
static bool read_ids(pid_t pid, struct audit_subject *subject) {
        cleanup(cleanup_file) FILE *file = open_file(pid, "status");
        char line[256];
        int found = 0;

        while (file && found < 2 && fgets(line, sizeof(line), file))
                found += sscanf(line, "Uid: %u", &subject->uid) == 1 || sscanf(line, "Gid: %u", &subject->gid) == 1;
        return found == 2;
}

static bool read_auid(pid_t pid, uint32_t *ret) {
        cleanup(cleanup_file) FILE *file = open_file(pid, "loginuid");

        return file && fscanf(file, "%" SCNu32, ret) == 1;
}

static const char *read_exe(pid_t pid, char exe[static PATH_MAX]) {
        char path[64];

        snprintf(path, sizeof(path), "/proc/%d/exe", pid);
        ssize_t length = readlink(path, exe, PATH_MAX - 1);

        exe[length < 0 ? 0 : length] = 0;
        return length > 0 ? exe : NULL;
}

int audit_subject_read(pid_t pid, char exe[static PATH_MAX], struct audit_subject *ret) {
        *ret = (struct audit_subject){ .pid = pid, .auid = AUDIT_UID_UNSET };
        if (!read_ids(pid, ret))
                return -ESRCH;
        ret->auid_known = read_auid(pid, &ret->auid);
        ret->exe = read_exe(pid, exe);
        return 0;
}
