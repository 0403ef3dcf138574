/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls auditfaild. Every function returns an exit status: STATUS_OK, or another one after an error message. */
#ifndef AUDITFAILCTL_SERVICE_H
#define AUDITFAILCTL_SERVICE_H

#include "client/auditfailctl/cli/command.h"
#include "protocol/varlink/client.h"

/* Connects to settings->socket. The caller frees *RET with client_free(). */
int service_connect(const struct settings *settings, struct client **ret);

/* Calls METHOD of io.auditfail.Policy ("Query"). PARAMETERS may be NULL and are not consumed. */
int service_call(const struct settings *settings, struct client *client, const char *method,
                 struct json_object *parameters, bool more);

/*
 * Waits up to TIMEOUT_MS (-1: without limit) for the next reply. The caller puts *RET. After LoadFailed
 * (STATUS_FAILED), *RET holds the parameters of the error. After other errors it is NULL.
 */
int service_reply(const struct settings *settings, struct client *client, int timeout_ms, struct json_object **ret,
                  bool *ret_continues);

/* All of the above for one call with one reply. */
int service_ask(const struct settings *settings, const char *method, struct json_object *parameters,
                struct json_object **ret);

/* Prints that the member FAULT of a reply does not follow the interface. */
int service_misunderstood(const struct settings *settings, const char *fault);

static inline void cleanup_service(struct client **client) {
        *client = client_free(*client);
}

#endif
