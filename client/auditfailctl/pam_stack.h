/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where pam_auditfail stands in the stack of a PAM service, with what the stack includes (pam.conf(5)). */
#ifndef AUDITFAILCTL_PAM_STACK_H
#define AUDITFAILCTL_PAM_STACK_H

#include <stdbool.h>
#include <stddef.h>

struct pam_place {
        char *service;     /* as the program calls it */
        char *stack;       /* the file that is read for it: "other" where it has none of its own */
        char *file;        /* where pam_auditfail stands; NULL: nowhere */
        size_t line;       /* from 1 */
        char *types;       /* all types with it: "account session" */
        char *application; /* the option application=, else NULL */
        bool binding;      /* a failure stops the stack, in all of these places; false: it may be "optional" */
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
