/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the snapshot (protocol/snapshot.h), and reads back what the daemon needs of it at its next start. */
#ifndef AUDITFAIL_SNAPSHOT_WRITE_H
#define AUDITFAIL_SNAPSHOT_WRITE_H

#include <stdint.h>

#include "daemon/policy/policy.h"

/*
 * Puts POLICY into FOLDER as policy.snapshot (mode 0644), atomically: a reader sees the old file or the new one.
 * ROOT as in struct policy_places. Returns 0, or a negative errno, in which case the old file is as it was.
 */
int snapshot_write(const char *folder, const char *root, const struct policy *policy, uint64_t generation);

/*
 * Generation and fingerprint of the snapshot in FOLDER. Returns 0; -ENOENT where there is none; -EBADMSG where it is
 * not to be believed; another negative errno.
 */
int snapshot_read_header(const char *folder, uint64_t *ret_generation, uint64_t *ret_fingerprint);

#endif
