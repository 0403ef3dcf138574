/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/output/action_emphasis.h"

#include <string.h>

#include "protocol/vocabulary.h"

enum emphasis action_emphasis(const char *action) {
        switch (action_from_name(action, strlen(action))) {
        case AUDITFAIL_IGNORE:
                return EMPHASIS_GOOD;
        case AUDITFAIL_LOG:
                return EMPHASIS_NOTICE;
        case AUDITFAIL_TERMINATE:
                return EMPHASIS_BAD;
        default:
                return EMPHASIS_NONE;
        }
}
