/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A Varlink client for tools: blocking, with time limits, based on json-c. (Programs use libauditfail.) */
#ifndef AUDITFAIL_CLIENT_H
#define AUDITFAIL_CLIENT_H

#include <json.h>
#include <stdbool.h>
#include <stddef.h>

#define CLIENT_REPLY_MAX ((size_t)16 * 1024 * 1024) /* bytes of one reply */

struct client;

/*
 * The path of the socket of INTERFACE, in $AUDITFAIL_RUNTIME_DIR if that is an absolute path and this program is not
 * setuid, else in RUNTIME_FOLDER. libauditfail uses the same folder. The caller frees it; NULL: no memory.
 */
char *client_socket(const char *interface);

/*
 * Connects to the socket PATH. TIMEOUT_MS (above 0) limits the wait for the connection, and later for room to send a
 * call. Returns 0; -ETIMEDOUT if the service accepts no connection; or another negative errno of socket() or connect().
 */
int client_connect(const char *path, int timeout_ms, struct client **ret);
struct client *client_free(struct client *client); /* returns NULL; NULL is fine */

/*
 * The socket, which still belongs to CLIENT. Use it to poll() for several events, after client_reply() with a
 * TIMEOUT_MS of 0 has found no reply, or for socket options.
 */
int client_fd(const struct client *client);

/*
 * Sends a call of METHOD ("interface.Method") with PARAMETERS (NULL: none; not consumed). MORE asks for a stream of
 * replies. Returns 0; -EPIPE if the service has closed the connection: a reply that says why may be waiting;
 * -ETIMEDOUT; or another negative errno.
 */
int client_call(struct client *client, const char *method, struct json_object *parameters, bool more);

/*
 * Waits up to TIMEOUT_MS (-1: for ever) for the whole next reply. A signal whose handler returns does not end the wait.
 * Returns 0 and sets
 *  *RET_PARAMETERS  an object, never NULL; the caller puts it
 *  *RET_ERROR       NULL, or the full name of the error, valid until the next call
 *  *RET_CONTINUES   whether further replies follow
 * or a negative errno: -ECONNRESET (the service closed the connection), -ETIMEDOUT, -EMSGSIZE (more than
 * CLIENT_REPLY_MAX), -EBADMSG (no reply), or another one.
 */
int client_reply(struct client *client, int timeout_ms, struct json_object **ret_parameters, const char **ret_error,
                 bool *ret_continues);

#endif
