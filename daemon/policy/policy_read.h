/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens what policy is read from, and believes it only where root, or the owner, alone can have written it. Each
 * problem says what to type.
 */
#ifndef AUDITFAIL_POLICY_READ_H
#define AUDITFAIL_POLICY_READ_H

#include "daemon/policy/policy.h"
#include "daemon/policy/policy_walk.h"

#define POLICY_BUFFER_SIZE (POLICY_FILE_MAX + 1) /* one byte more than any good file has */

/*
 * Opens the folder NAME below FROM, which problems call PATH. Returns 0; -ENOENT, which is no problem, where nothing is
 * there; -EPERM where others may write in it, and then it is open all the same, to be looked through for further
 * problems; another negative errno. *RET_FD stays as it is where nothing was opened.
 */
int policy_open_folder(const struct policy_trust *trust, const struct policy_folder *from, const char *name,
                       const char *path, int *ret_fd);

/*
 * Reads the policy file NAME (without a slash) in FOLDER, which problems call PATH. *RET_FINDING becomes FINDING_USED,
 * with *RET set, or FINDING_MASK, FINDING_BROKEN (problems say why), FINDING_ABSENT. BUFFER is room for the text.
 * Returns 0, or a negative errno when the file cannot be judged, since this process is short of memory or descriptors.
 */
int policy_read(const struct policy_trust *trust, const struct policy_folder *folder, const char *name,
                const char *path, char buffer[POLICY_BUFFER_SIZE], struct policy_file *ret, enum finding *ret_finding);

#endif
