/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a program does that reads a setting from a file each time. */
#ifndef AUDITFAIL_BENCH_PEER_FILE_H
#define AUDITFAIL_BENCH_PEER_FILE_H

#include "tests/bench/operation.h"

/* Opens, reads and closes a policy file of the scene. It is not parsed. */
void peer_file_read(struct side *side);

/* libaudit's get_auditfail_action(), which opens, reads, parses and closes /etc/libaudit.conf. */
void peer_file_libaudit(struct side *side);

#endif
