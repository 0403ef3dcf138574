/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AUDITFAILCTL_FINDINGS_H
#define AUDITFAILCTL_FINDINGS_H

#include "client/auditfailctl/doctor/diagnosis.h"

/* Fills in the findings of DIAGNOSIS from its facts. */
void findings_make(struct diagnosis *diagnosis);

#endif
