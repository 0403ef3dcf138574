/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the snapshot (protocol/snapshot.h), and reads its header when the daemon starts. */
#ifndef AUDITFAIL_SNAPSHOT_WRITE_H
#define AUDITFAIL_SNAPSHOT_WRITE_H

#include <stdint.h>

#include "daemon/policy/policy.h"

/*
 * Writes POLICY as policy.snapshot (mode 0644) into FOLDER. Readers see the old file or the new one. ROOT as in struct
 * policy_places. Returns 0, or a negative errno and leaves the old file as it was.
 */
int snapshot_write(const char *folder, const char *root, const struct policy *policy, uint64_t generation);

/*
 * Reads generation and fingerprint of the snapshot in FOLDER. Returns 0; -ENOENT without a snapshot; -EBADMSG if it is
 * malformed or not trusted; or another negative errno.
 */
int snapshot_read_header(const char *folder, uint64_t *ret_generation, uint64_t *ret_fingerprint);

#endif
