/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What programs do by themselves when audit fails. Some errnos of audit_open() they take for a kernel without audit,
 * and go on (error_means_no_audit()). A record that is refused later is ignored by most; sshd ends the session.
 */
#include <errno.h>

#include "client/auditfailctl/doctor/findings.h"

/* libaudit takes the first for success, and the kernel says success in the other cases. */
static bool is_silent(int error) {
        return error == ECONNREFUSED || error == ERROR_DISABLED || error == ERROR_EXCLUDED;
}

static enum own_way find_where_unopened(const struct diagnosis *d, bool pam) {
        if (error_means_no_audit(d->error))
                return OWN_GOES_ON;
        if (pam)
                return OWN_PAM_FAILS;
        if (linkage_is_direct(&d->linkage) && d->contents.aborts)
                return OWN_STOPS;
        return d->contents.ends_sessions ? OWN_ENDS_SESSIONS : OWN_MAY_STOP;
}

/* libpam ignores EPERM, which containers give. */
static enum own_way find_where_refused(const struct diagnosis *d, bool pam) {
        if (is_silent(d->error))
                return OWN_GOES_ON;
        if (pam && d->error != EPERM)
                return OWN_PAM_FAILS;
        return d->contents.ends_sessions ? OWN_ENDS_SESSIONS : OWN_GOES_ON;
}

void find_own_way(struct diagnosis *d) {
        bool pam = d->linkage.pam || (d->process.pam && !d->starter.path);

        d->own = OWN_GOES_ON;
        if (d->use == AUDIT_NONE || d->writing != WRITING_FAILS || d->error == 0)
                return;
        d->own = d->opening ? find_where_unopened(d, pam) : find_where_refused(d, pam);
}
