/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens policy files and their folders. Trusts them only if no user but root and the owner can have written them. Each
 * problem suggests a command.
 */
#ifndef AUDITFAIL_POLICY_READ_H
#define AUDITFAIL_POLICY_READ_H

#include "daemon/policy/policy.h"
#include "daemon/policy/policy_walk.h"

#define POLICY_BUFFER_SIZE (POLICY_FILE_MAX + 1) /* one byte more than the longest valid file */

/*
 * Opens the folder NAME below FROM, which problems call PATH. Returns
 *  0
 *  -ENOENT  it does not exist, which is no problem
 *  -EPERM   other users may write to it. It is opened all the same, to search it for further problems
 *  another negative errno
 * Sets *RET_FD only if the folder was opened.
 */
int policy_open_folder(const struct policy_trust *trust, const struct policy_folder *from, const char *name,
                       const char *path, int *ret_fd);

/*
 * Reads the policy file NAME (without a slash) in FOLDER, which problems call PATH. Sets *RET_FINDING to FINDING_USED
 * and sets *RET, or to FINDING_MASK, FINDING_BROKEN (problems say why) or FINDING_ABSENT. BUFFER is room for the text.
 * Returns 0, or a negative errno if this process is short of memory or descriptors.
 */
int policy_read(const struct policy_trust *trust, const struct policy_folder *folder, const char *name,
                const char *path, char buffer[POLICY_BUFFER_SIZE], struct policy_file *ret, enum finding *ret_finding);

#endif
