/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The method Kernel of io.auditfail.Control: tells auditfaild, which may not ask the kernel, the state of auditing. */
#ifndef AUDITFAIL_SERVICE_KERNEL_H
#define AUDITFAIL_SERVICE_KERNEL_H

#include "daemon/server/dispatch.h"

int serve_kernel(struct connection *connection, struct call *call, const struct varlink_service *service);

#endif
