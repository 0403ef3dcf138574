/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bare AF_UNIX server and client that move as many bytes as a query does: the floor for any daemon. */
#ifndef AUDITFAIL_BENCH_PEER_ECHO_H
#define AUDITFAIL_BENCH_PEER_ECHO_H

#include "tests/bench/operation.h"

/* Starts a server that receives a message and sends the reply, and nothing else: accept, read, write, close. */
void peer_echo_start(struct side *side);
void peer_echo_connected(struct side *side);

/* Starts a server that serves a connection until the client hangs up, and connects to it. */
void peer_echo_connect(struct side *side);
void peer_echo_kept(struct side *side);

#endif
