/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the line in the stack of a PAM service that names pam_auditfail (pam.conf(5)). Whether PAM reaches that line is
 * not predicted, because that depends on the results of the modules before it.
 */
#ifndef AUDITFAILCTL_PAM_STACK_H
#define AUDITFAILCTL_PAM_STACK_H

#include <stdbool.h>
#include <stddef.h>

struct pam_line {
        char *service;     /* as the program calls it */
        char *stack;       /* the file that libpam reads for it: "other" if there is none for the service */
        char *file;        /* the file with the line; NULL: no line names pam_auditfail */
        size_t line;       /* from 1; the first of those that "\" joins */
        char *control;     /* "required", "[success=ok default=die]" */
        char *types;       /* all types of the service that name the module: "account session" */
        char *application; /* the option application= of the line, else NULL */
};

/* The service that the program named PROGRAM starts PAM for: for most programs, their own name. */
const char *pam_service_of(const char *program);

/*
 * Reads the stack of SERVICE, and the files that it includes, in FOLDERS, a list that NULL ends (NULL: the folders of
 * libpam), one type after the other. Of several lines, *RET gets the first that cannot stop the stack, else the first
 * of all. The caller clears *RET. Without memory the program ends.
 */
void pam_stack_find(const char *const *folders, const char *service, struct pam_line *ret);
void pam_line_clear(struct pam_line *line);

/* Whether the control of LINE is one with which a failure of the module never fails the stack. */
bool pam_line_is_optional(const struct pam_line *line);

#endif
