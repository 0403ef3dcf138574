/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The methods of io.auditfail.Control: from a call's parameters to a request, or to a question to the kernel. */
#ifndef AUDITFAIL_SERVICE_CONTROL_H
#define AUDITFAIL_SERVICE_CONTROL_H

#include "daemon/server/dispatch.h"

/* For a service whose context is a struct controld. */
extern const struct interface control_interface;

#endif
