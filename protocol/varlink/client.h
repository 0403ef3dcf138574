/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client's side of Varlink, for tools: blocking, with json-c, with time limits. (Programs use libauditfail.) */
#ifndef AUDITFAIL_CLIENT_H
#define AUDITFAIL_CLIENT_H

#include <json.h>
#include <stdbool.h>
#include <stddef.h>

#define CLIENT_REPLY_MAX ((size_t)16 * 1024 * 1024) /* bytes of one reply */

struct client;

/*
 * The socket of the service of INTERFACE: in the folder $AUDITFAIL_RUNTIME_DIR, where that is an absolute path and this
 * program is not setuid, else in /run/auditfail; libauditfail looks in the same place. The caller frees it; NULL: no
 * memory.
 */
char *client_socket(const char *interface);

/*
 * Connects to the socket PATH. TIMEOUT_MS (above 0) bounds the wait for the connection, and later that for room to send
 * a call. Returns 0; -ETIMEDOUT when the service accepts nobody; or another negative errno of socket() or connect().
 */
int client_connect(const char *path, int timeout_ms, struct client **ret);
struct client *client_free(struct client *client); /* returns NULL; NULL is fine */

/*
 * The connection, which stays CLIENT's: to wait for more than a reply, with poll(2), when client_reply() with a
 * TIMEOUT_MS of 0 has found none; and for what sockets can do beside calls.
 */
int client_fd(const struct client *client);

/*
 * Sends a call of METHOD ("interface.Method") with PARAMETERS (NULL: none; not consumed). MORE asks for a stream of
 * replies. Returns 0; -EPIPE when the service has hung up, in which case a reply that says why may still be there;
 * -ETIMEDOUT; or another negative errno.
 */
int client_call(struct client *client, const char *method, struct json_object *parameters, bool more);

/*
 * Waits up to TIMEOUT_MS (-1: for ever) for the whole of the next reply. Returns 0 with *RET_PARAMETERS (an object,
 * never NULL; the caller puts it), *RET_ERROR (NULL, or the error's full name, valid until the next call) and
 * *RET_CONTINUES; -ECONNRESET when the service has hung up; -ETIMEDOUT; -EMSGSIZE for more than CLIENT_REPLY_MAX;
 * -EBADMSG for what is no reply; or another negative errno. A signal whose handler returns does not end the wait.
 */
int client_reply(struct client *client, int timeout_ms, struct json_object **ret_parameters, const char **ret_error,
                 bool *ret_continues);

#endif
