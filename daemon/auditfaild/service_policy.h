/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interface io.auditfail.Policy, served for the struct daemon that is the service's context. */
#ifndef AUDITFAIL_SERVICE_POLICY_H
#define AUDITFAIL_SERVICE_POLICY_H

#include "daemon/server/dispatch.h"
#include "protocol/interfaces.h"

extern const struct interface policy_interface;

/* Its method in service_check.c. */
int serve_check(struct connection *connection, struct call *call, const struct varlink_service *service);

/* Its methods about the daemon itself, in service_admin.c. */
int serve_status(struct connection *connection, struct call *call, const struct varlink_service *service);
int serve_reload(struct connection *connection, struct call *call, const struct varlink_service *service);
int serve_monitor(struct connection *connection, struct call *call, const struct varlink_service *service);

#endif
