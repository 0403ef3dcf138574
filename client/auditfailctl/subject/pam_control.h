/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the control of a line in a PAM stack makes of its module's result (pam.conf(5)). */
#ifndef AUDITFAILCTL_PAM_CONTROL_H
#define AUDITFAILCTL_PAM_CONTROL_H

#include <stdbool.h>

struct pam_control {
        bool binds;    /* PAM_SYSTEM_ERR, with which pam_auditfail says stop, fails the stack */
        bool ends;     /* some result ends the stack there, and it need not have failed */
        unsigned jump; /* so many of the next modules some result skips; 0: none does */
};

/* CONTROL is one word, or "[value=action ...]". */
struct pam_control pam_control_read(const char *control);

#endif
