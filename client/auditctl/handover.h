/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From our auditctl to the stock one, the audit package's. */
#ifndef AUDITCTL_HANDOVER_H
#define AUDITCTL_HANDOVER_H

/*
 * Becomes the stock auditctl, with the same arguments and the same environment. Never this program itself, wherever
 * that was installed. Returns only after a complaint: 127 where there is no stock auditctl, 126 where it cannot be run,
 * as shells do.
 */
int handover(char **arguments);

#endif
