/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One call to the daemon and its reply, within a time limit. */
#ifndef AUDITFAIL_EXCHANGE_H
#define AUDITFAIL_EXCHANGE_H

#include <stddef.h>
#include <sys/un.h>

#include "protocol/well_known.h"

#define EXCHANGE_FOLDER_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) - sizeof("/" POLICY_INTERFACE))

/*
 * Connects to the daemon's socket in FOLDER (at most EXCHANGE_FOLDER_MAX bytes), sends the LENGTH bytes at MESSAGE, and
 * overwrites them with the reply, at most SIZE bytes. Returns the length of the reply without the NUL that ends it, or
 * a negative errno:
 *  -ETIMEDOUT            after TIMEOUT_MS
 *  -ECONNRESET, -EPIPE   the other side closed the connection
 *  -EBADMSG              the reply is longer than SIZE
 *  -ENOENT               after chroot() (root.h), or there is no socket
 *  another one           from socket() or connect()
 *
 * Allocates nothing, async-signal-safe, thread-safe; raises no SIGPIPE; uses no descriptor below 3, and leaves none
 * open; may change errno.
 */
int exchange(const char *folder, unsigned timeout_ms, char *message, size_t length, size_t size);

#endif
