/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The methods of io.auditfail.Policy about the daemon and the kernel; the service's context is a struct auditfaild. */
#ifndef AUDITFAIL_SERVICE_ADMIN_H
#define AUDITFAIL_SERVICE_ADMIN_H

#include "daemon/server/dispatch.h"

int serve_status(struct connection *connection, struct call *call, const struct varlink_service *service);
int serve_reload(struct connection *connection, struct call *call, const struct varlink_service *service);
int serve_check(struct connection *connection, struct call *call, const struct varlink_service *service);
int serve_monitor(struct connection *connection, struct call *call, const struct varlink_service *service);

#endif
