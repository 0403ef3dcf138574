/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One question to the daemon and its reply, in a time that has an end. */
#ifndef AUDITFAIL_EXCHANGE_H
#define AUDITFAIL_EXCHANGE_H

#include <stddef.h>
#include <sys/un.h>

#include "protocol/well_known.h"

#define EXCHANGE_FOLDER_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) - sizeof("/" POLICY_INTERFACE))

/*
 * Connects to the daemon's socket in FOLDER (EXCHANGE_FOLDER_MAX bytes at most), sends the LENGTH bytes at MESSAGE, and
 * reads the reply into their place, SIZE bytes at most. Returns the length of the reply without the NUL that ends it,
 * or a negative errno: -ETIMEDOUT when TIMEOUT_MS are over, -ECONNRESET or -EPIPE when the other side has hung up,
 * -EBADMSG when the reply is longer than SIZE, -ENOENT behind chroot() (root.h), another one of socket() and connect()
 * when there is no daemon.
 *
 * Allocates nothing, async-signal-safe, thread-safe; raises no SIGPIPE; the connection never has a descriptor below 3;
 * leaves no descriptor open; may change errno.
 */
int exchange(const char *folder, unsigned timeout_ms, char *message, size_t length, size_t size);

#endif
