/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file of libpam: what it means for the application that an audit record cannot be written. The administrator decides
 * that, see auditfail.conf(5).
 */
#ifndef PAM_AUDIT_LOST_H
#define PAM_AUDIT_LOST_H

#include "pam_private.h"

/* Bits of audit_state, besides the one in pam_audit.c. */
#define PAMAUDIT_SILENT      2 /* the application has passed PAM_SILENT: users see no message */
#define PAMAUDIT_ASKED_AHEAD 4 /* the record of pam_chauthtok() will be lost, and _pam_audit_ahead() has asked */

/* Keeps whether FLAGS, with which the application has called, have PAM_SILENT. */
void _pam_audit_flags(pam_handle_t *pamh, int flags);

/* A record that could not be written. */
struct pam_audit_loss {
        const char *operation; /* the function that failed */
        int error;             /* its errno value */
        int record;            /* the type of the record; 0: not known yet */
        int goes_on;           /* whether libpam goes on where auditfail is not installed */
};

/*
 * Asks, and reports the loss. Returns 0 if the application may go on. Otherwise tells the user why not, and returns -1.
 */
int _pam_audit_lost(pam_handle_t *pamh, const struct pam_audit_loss *loss);

/*
 * pam_chauthtok() writes its record after the change of the password. So it calls this function before, with the FLAGS
 * of the application. Returns -1 if the application may not go on.
 */
int _pam_audit_ahead(pam_handle_t *pamh, int flags);

#endif
