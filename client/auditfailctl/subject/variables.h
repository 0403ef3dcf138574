/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The variables of an environment that matter to the preload library. */
#ifndef AUDITFAILCTL_VARIABLES_H
#define AUDITFAILCTL_VARIABLES_H

struct variables {
        char *preload, *application; /* LD_PRELOAD and AUDITFAIL_APPLICATION; NULL: not set */
};

/* Keeps the value of ASSIGNMENT, "NAME=VALUE", if it is of one of these. The first one of a name counts (getenv(3)). */
void variables_note(struct variables *variables, const char *assignment);
void variables_clear(struct variables *variables);

#endif
