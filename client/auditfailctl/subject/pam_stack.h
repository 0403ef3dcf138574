/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where pam_auditfail stands in the stack of a PAM service, with what the stack includes (pam.conf(5)). */
#ifndef AUDITFAILCTL_PAM_STACK_H
#define AUDITFAILCTL_PAM_STACK_H

#include <stdbool.h>
#include <stddef.h>

/* Whether PAM stops the program where the module says so. */
enum pam_hold {
        PAM_BINDS,
        PAM_CONTROL, /* no: the control of the line lets the stack go on, as "optional" does */
        PAM_PASSES,  /* no: the stack may end, or jump over the line, before the module is asked */
};

struct pam_place {
        char *service;      /* as the program calls it */
        char *stack;        /* the file that is read for it: "other" where it has none of its own */
        char *file;         /* where pam_auditfail stands, and where it does not bind if it does not; NULL: nowhere */
        size_t line;        /* from 1; the first of those that are joined by "\" */
        char *types;        /* all types with it: "account session" */
        char *application;  /* the option application= of the line that is come to first, else NULL */
        enum pam_hold hold; /* of all types; but where "account" binds, "auth" need not */
};

/* The service that the program named PROGRAM starts PAM for: most go by their own name. */
const char *pam_service_of(const char *program);

/*
 * Looks through the stack of SERVICE in FOLDERS (NULL: where libpam looks), a list ended by NULL. The caller clears
 * *RET. Without memory the program ends.
 */
void pam_stack_find(const char *const *folders, const char *service, struct pam_place *ret);
void pam_place_clear(struct pam_place *place);

#endif
