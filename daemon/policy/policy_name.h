/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells policy files from the other files in their folders, by their names. */
#ifndef AUDITFAIL_POLICY_NAME_H
#define AUDITFAIL_POLICY_NAME_H

#include <stdbool.h>

#include "protocol/policy_path.h"

enum policy_name {
        POLICY_NAME_VALID,   /* the policy of an application */
        POLICY_NAME_INVALID, /* named like a policy, but not after an application: an error */
        POLICY_NAME_UNREAD,  /* maybe meant as a policy, but not named like one: a warning */
        POLICY_NAME_OTHER,   /* no policy */
};

#define POLICY_NAME_RULE   "1 to 64 characters of A-Za-z0-9._@-, not starting with . or -"
#define POLICY_NAME_SUFFIX ".conf" /* that a file with POLICY_NAME_UNREAD lacks */

/* Classifies NAME, a file in the open folder FOLDER that is PLACE, or has the same rules as PLACE. May change errno. */
enum policy_name policy_name_classify(enum place place, int folder, const char *name);

/* Whether editors, package managers or administrators leave files called NAME beside others: never a policy. */
bool policy_name_is_leftover(const char *name);

#endif
