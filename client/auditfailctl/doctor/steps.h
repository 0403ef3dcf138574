/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AUDITFAILCTL_STEPS_H
#define AUDITFAILCTL_STEPS_H

#include "client/auditfailctl/doctor/diagnosis.h"

/* Fills in the steps of DIAGNOSIS, which has all other parts. */
void steps_find(struct diagnosis *diagnosis);

#endif
