/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The method Check of io.auditfail.Policy: does the kernel keep the caller's records? For programs that may not ask the
 * kernel. A caller without CAP_AUDIT_WRITE gets EPERM at once: the kernel would refuse its records.
 */
#ifndef AUDITFAIL_SERVICE_CHECK_H
#define AUDITFAIL_SERVICE_CHECK_H

#include "daemon/server/dispatch.h"

int serve_check(struct connection *connection, struct call *call, const struct varlink_service *service);

#endif
