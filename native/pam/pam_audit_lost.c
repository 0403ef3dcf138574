/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pam_audit_lost.h"

#ifdef HAVE_LIBAUDIT

#include <errno.h>
#include <libaudit.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <security/pam_ext.h>

#if __has_include("pam_i18n.h") /* before Linux-PAM 1.6, config.h defines _() */
#include "pam_i18n.h"
#endif

#include "client/shim/application.h"
#include "protocol/audit/refusal.h"

void _pam_audit_flags(pam_handle_t *pamh, int flags) {
        if (flags & PAM_SILENT)
                pamh->audit_state |= PAMAUDIT_SILENT;
        else
                pamh->audit_state &= ~PAMAUDIT_SILENT;
}

/* Where auditing is off, audit_refusal() returns an errno value that has another text. */
static const char *reason(int error) {
        return error == ESHUTDOWN ? _("auditing is off") : strerror(error);
}

static void report(pam_handle_t *pamh, const struct pam_audit_loss *loss) {
        pam_syslog(pamh, LOG_CRIT, "%s() failed: %s", loss->operation, reason(loss->error));
}

/* What libpam does where no policy is known. */
static int go_on_or_report(pam_handle_t *pamh, const struct pam_audit_loss *loss) {
        if (loss->goes_on)
                return 0;
        report(pamh, loss);
        return -1;
}

#ifdef AUDITFAIL_DECLARED /* <libaudit.h> declares auditfail_ask() */

/* A process without any right, such as a user's screen locker, can never write a record. That is no failure. */
static int is_ordinary_user(void) {
        uid_t real, effective, saved;

        return getresuid(&real, &effective, &saved) == 0 && real != 0 && effective != 0 && saved != 0;
}

static enum auditfail_action ask(const pam_handle_t *pamh, const struct pam_audit_loss *loss,
                                 struct auditfail_answer *ret) {
        const struct auditfail_question question = {
                .application = application_of_service(pamh->service_name),
                .operation = loss->operation,
                .error = loss->error,
                .record = loss->record != 0 ? audit_msg_type_to_name(loss->record) : NULL,
        };

        return auditfail_ask(&question, ret);
}

static void stop(pam_handle_t *pamh, const struct pam_audit_loss *loss, const struct auditfail_answer *answer) {
        char source[sizeof(answer->file) + 32] = "because no policy was found";

        if (answer->line != 0)
                snprintf(source, sizeof(source), "as %s:%u says", answer->file, answer->line);
        else if (answer->file[0])
                snprintf(source, sizeof(source), "because %s is not valid", answer->file);
        pam_syslog(pamh, LOG_CRIT, "%s() failed: %s; stopped, %s", loss->operation, reason(loss->error), source);
        if (!(pamh->audit_state & PAMAUDIT_SILENT))
                pam_error(pamh, _("Cannot write an audit record: %s; stopped, %s"), reason(loss->error), source);
}

/* Asks, and obeys. */
static int obey(pam_handle_t *pamh, const struct pam_audit_loss *loss) {
        struct auditfail_answer answer;

        switch (ask(pamh, loss, &answer)) {
        case AUDITFAIL_IGNORE:
                return 0;
        case AUDITFAIL_LOG:
                report(pamh, loss);
                return 0;
        default: /* AUDITFAIL_TERMINATE, and actions that are unknown yet */
                if (answer.via == AUDITFAIL_VIA_BUILTIN && answer.cause == ENOENT)
                        return go_on_or_report(pamh, loss); /* auditfail is not installed */
                stop(pamh, loss, &answer);
                return -1;
        }
}

int _pam_audit_lost(pam_handle_t *pamh, const struct pam_audit_loss *loss) {
        if (loss->error == EPERM && is_ordinary_user())
                return 0;
        if (!(pamh->audit_state & PAMAUDIT_ASKED_AHEAD))
                return obey(pamh, loss);
        pamh->audit_state &= ~PAMAUDIT_ASKED_AHEAD;
        return 0;
}

int _pam_audit_ahead(pam_handle_t *pamh, int flags) {
        struct pam_audit_loss loss = { .operation = "pam_chauthtok", .record = AUDIT_USER_CHAUTHTOK, .goes_on = 1 };
        int fd = audit_open();

        loss.error = fd < 0 ? errno : audit_refusal(fd);
        audit_close(fd);
        _pam_audit_flags(pamh, flags);
        pamh->audit_state &= ~PAMAUDIT_ASKED_AHEAD;
        if (loss.error == 0)
                return 0;
        if (_pam_audit_lost(pamh, &loss) < 0)
                return -1;
        pamh->audit_state |= PAMAUDIT_ASKED_AHEAD;
        return 0;
}

#else /* an older libaudit */

int _pam_audit_lost(pam_handle_t *pamh, const struct pam_audit_loss *loss) {
        return go_on_or_report(pamh, loss);
}

int _pam_audit_ahead(pam_handle_t *pamh, int flags) {
        _pam_audit_flags(pamh, flags);
        return 0;
}

#endif /* AUDITFAIL_DECLARED */
#endif /* HAVE_LIBAUDIT */
