/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Executes the auditctl of the audit package. */
#ifndef AUDITCTL_HANDOVER_H
#define AUDITCTL_HANDOVER_H

/*
 * Executes the stock auditctl with the same arguments and environment, but never this program itself. Returns only
 * after an error message: 127 if there is no stock auditctl, 126 if it cannot be run, like a shell.
 */
int handover(char **arguments);

#endif
