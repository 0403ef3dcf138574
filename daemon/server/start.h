/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two daemons have in common before they serve: options, and what they say about themselves. */
#ifndef AUDITFAIL_START_H
#define AUDITFAIL_START_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "daemon/server/server.h"
#include "daemon/server/sockets.h"

#define EXIT_USAGE 2

/* "journal" or "stderr". Returns false for another word. */
bool start_log_target(const char *word, bool *ret_journal);

/* A whole number of seconds from MIN to 86400. */
bool start_seconds(const char *text, unsigned min, unsigned *ret);

/* Logs uid, gid and capabilities. */
void start_log_privileges(void);

/* Has SERVER accept connections on all of SOCKETS. Returns 0 or a negative errno; what failed is logged. */
int start_listening(struct server *server, const struct sockets *sockets);

#endif
