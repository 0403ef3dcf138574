/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AUDITFAILCTL_VERDICT_H
#define AUDITFAILCTL_VERDICT_H

#include "client/auditfailctl/doctor/diagnosis.h"

/* Fills in the verdict and the steps of DIAGNOSIS from its facts, its findings and the answers of the policy. */
void verdict_find(struct diagnosis *diagnosis);

#endif
