/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A D-Bus service and its client on sd-bus, and a private dbus-daemon between them. polkit has this shape. If there is
 * no dbus-daemon, these end the program.
 */
#ifndef AUDITFAIL_BENCH_PEER_DBUS_H
#define AUDITFAIL_BENCH_PEER_DBUS_H

#include "tests/bench/operation.h"

void peer_dbus_start(struct side *side);
void peer_dbus_connected(struct side *side);

/* As peer_dbus_start(), and connects. */
void peer_dbus_connect(struct side *side);
void peer_dbus_kept(struct side *side);

#endif
