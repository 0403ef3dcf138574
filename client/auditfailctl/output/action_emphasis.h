/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AUDITFAILCTL_ACTION_EMPHASIS_H
#define AUDITFAILCTL_ACTION_EMPHASIS_H

#include "client/common/text.h"

/* Returns how the action of that name is shown; EMPHASIS_NONE for an unknown name. */
enum emphasis action_emphasis(const char *action);

#endif
