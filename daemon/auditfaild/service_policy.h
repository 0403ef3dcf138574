/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interface io.auditfail.Policy; the service's context is a struct auditfaild. Query, Explain and List are here. */
#ifndef AUDITFAIL_SERVICE_POLICY_H
#define AUDITFAIL_SERVICE_POLICY_H

#include "daemon/server/dispatch.h"

extern const struct interface policy_interface;

#endif
