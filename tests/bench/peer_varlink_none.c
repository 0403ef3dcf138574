/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In place of peer_varlink.c where libsystemd is older than 257. */
#include <err.h>

#include "tests/bench/peer_varlink.h"

static void missing(void) {
        errx(EXIT_MISSING, "sd-varlink needs libsystemd 257");
}

void peer_varlink_start(struct side *side) {
        (void)side;
        missing();
}

void peer_varlink_connected(struct side *side) {
        (void)side;
        missing();
}

void peer_varlink_connect(struct side *side) {
        (void)side;
        missing();
}

void peer_varlink_kept(struct side *side) {
        (void)side;
        missing();
}
