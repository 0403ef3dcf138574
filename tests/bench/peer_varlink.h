/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A Varlink service and its client on sd-varlink (libsystemd 257). Without it, these end the program. */
#ifndef AUDITFAIL_BENCH_PEER_VARLINK_H
#define AUDITFAIL_BENCH_PEER_VARLINK_H

#include "tests/bench/operation.h"

void peer_varlink_start(struct side *side);
void peer_varlink_connected(struct side *side);

/* As peer_varlink_start(), and connects. */
void peer_varlink_connect(struct side *side);
void peer_varlink_kept(struct side *side);

#endif
