/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One request to auditfail-controld, from the connection to the last answer. */
#ifndef AUDITCTL_REQUEST_H
#define AUDITCTL_REQUEST_H

#include "options.h"

/* Carries out what SETTINGS say, shows how it goes, and returns the outcome. */
int request_run(const struct settings *settings);

#endif
