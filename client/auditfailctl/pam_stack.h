/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where pam_auditfail stands in the stack of a PAM service, with what the stack includes (pam.conf(5)). */
#ifndef AUDITFAILCTL_PAM_STACK_H
#define AUDITFAILCTL_PAM_STACK_H

#include <stdbool.h>
#include <stddef.h>

struct pam_place {
        char *service;     /* the name of the stack: "other" where the program's own has no file */
        char *file;        /* where pam_auditfail stands; NULL: nowhere */
        size_t line;       /* from 1 */
        char *types;       /* all types with it: "account session" */
        char *application; /* the option application=, else NULL */
        bool binding;      /* a failure stops the stack, in all of these places; false: it may be "optional" */
};

/*
 * Looks through the stack of PROGRAM, by the name of a service or of a program's file; in FOLDERS (NULL: where libpam
 * looks), a list ended by NULL. The caller clears *RET. Without memory the program ends.
 */
void pam_stack_find(const char *const *folders, const char *program, struct pam_place *ret);
void pam_place_clear(struct pam_place *place);

#endif
