/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hwclock-audit.h"

#ifdef HAVE_LIBAUDIT

#include <errno.h>
#include <libaudit.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "c.h"
#include "nls.h"
#include "refusal.h"

/* The answers of hwclock where no policy is known. These errors of audit_open() mean a kernel without audit. */
static bool means_no_audit(int error) {
        return error == EINVAL || error == EPROTONOSUPPORT || error == EAFNOSUPPORT;
}

static bool go_on_or_warn(bool goes_on) {
        if (!goes_on)
                warnx(_("Unable to connect to audit system"));
        return goes_on;
}

#ifdef AUDITFAIL_DECLARED /* <libaudit.h> declares auditfail_ask() */

static bool reported; /* the record will be lost, and the policy says that hwclock goes on */

static enum auditfail_action ask(const char *operation, int error, struct auditfail_answer *ret) {
        const struct auditfail_question question = {
                .application = "hwclock",
                .operation = operation,
                .error = error,
                .record = "USYS_CONFIG",
        };

        return auditfail_ask(&question, ret);
}

/* Where auditing is off, audit_refusal() returns an errno value that has another text. */
static const char *reason(int error) {
        return error == ESHUTDOWN ? _("auditing is off") : strerror(error);
}

static void warn_stopped(int error, const struct auditfail_answer *answer) {
        if (answer->line != 0)
                warnx(_("cannot send audit message: %s; stopped, as %s:%u says"), reason(error), answer->file,
                      answer->line);
        else
                warnx(_("cannot send audit message: %s; stopped, as there is no valid policy"), reason(error));
}

/* May hwclock go on after OPERATION has failed with ERROR? GOES_ON is the answer where auditfail is not installed. */
static bool obey(const char *operation, int error, bool goes_on) {
        struct auditfail_answer answer;

        switch (ask(operation, error, &answer)) {
        case AUDITFAIL_IGNORE:
                return reported = true;
        case AUDITFAIL_LOG:
                warnx(_("cannot send audit message: %s"), reason(error));
                return reported = true;
        default: /* AUDITFAIL_TERMINATE, and actions that are unknown yet */
                if (answer.via == AUDITFAIL_VIA_BUILTIN && answer.cause == ENOENT)
                        return go_on_or_warn(goes_on); /* auditfail is not installed */
                warn_stopped(error, &answer);
                return false;
        }
}

/* Whether OPERATION, which failed with ERROR, is no failure: an ordinary user can set no clock, and write no record. */
static bool is_ordinary_user(int error) {
        return error == EPERM && geteuid() != 0;
}

bool hwaudit_allows(int fd, int error) {
        if (fd < 0)
                return obey("audit_open", error, means_no_audit(error));
        error = audit_refusal(fd);
        return error == 0 || is_ordinary_user(error) || obey("audit_log_user_message", error, true);
}

int hwaudit_log(int fd, int type, const char *message, const char *hostname, const char *addr, const char *tty,
                int result) {
        int sent = audit_log_user_message(fd, type, message, hostname, addr, tty, result);
        int error = sent < 0 ? -sent : errno; /* libaudit returns 0 if it hides a failure, but keeps its errno */

        if (sent > 0 || reported || is_ordinary_user(error))
                return 1;
        if (!obey("audit_log_user_message", error, true))
                exit(EXIT_FAILURE);
        return reported ? 1 : sent;
}

#else /* an older libaudit */

bool hwaudit_allows(int fd, int error) {
        return go_on_or_warn(fd >= 0 || means_no_audit(error));
}

int hwaudit_log(int fd, int type, const char *message, const char *hostname, const char *addr, const char *tty,
                int result) {
        return audit_log_user_message(fd, type, message, hostname, addr, tty, result);
}

#endif /* AUDITFAIL_DECLARED */
#endif /* HAVE_LIBAUDIT */
