/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AUDITFAILCTL_PRINT_H
#define AUDITFAILCTL_PRINT_H

#include "client/auditfailctl/cli/command.h"
#include "client/auditfailctl/doctor/diagnosis.h"

/* Prints DIAGNOSIS as SETTINGS say: as text, as one JSON object, or not at all. */
void print_diagnosis(const struct settings *settings, const struct diagnosis *diagnosis);

#endif
