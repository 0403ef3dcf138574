/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private folders of drafts that an earlier edit has left, because it was killed or the power failed. */
#ifndef AUDITFAILCTL_STALE_DRAFTS_H
#define AUDITFAILCTL_STALE_DRAFTS_H

#include "daemon/policy/policy_fault.h"

/*
 * Removes the stale private folders in PLACE, a trusted folder of policy files. A folder is stale if no edit and no
 * editor has it locked. A folder with a text that is not the text of its policy file stays, after a message that names
 * it: only the user knows whether this text is still needed.
 */
void stale_drafts_remove(const struct policy_folder *place);

#endif
