#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""edit.py SOURCE_FOLDER: makes hwclock and login ask auditfail if they cannot write a record. GUIDE.md says why."""
import pathlib
import sys

NATIVE = pathlib.Path(__file__).resolve().parents[1]
CHECKOUT = NATIVE.parent
sys.path.insert(0, str(NATIVE))
from editing import main  # noqa: E402

COPIES = ["protocol/audit/refusal.h", "native/util-linux/hwclock-audit.c", "native/util-linux/hwclock-audit.h"]

# After the options: a hwclock that only reads clocks writes no record. Before anything changes.
ALLOWED = """
#ifdef HAVE_LIBAUDIT
if (ctl.hwaudit_on && !ctl.testing && !hwaudit_allows(hwaudit_fd, hwaudit_error))
	return EXIT_FAILURE;
#endif
"""

LOST = """
/*
 * A record is lost: OPERATION has failed with ERROR. Ends the login if the
 * policy says so. SESSION: PAM's session is open.
 */
static void audit_lost(struct login_context *cxt, const char *operation, int error, bool session)
{
#ifdef AUDITFAIL_DECLARED	/* <libaudit.h> declares auditfail_ask() */
	const struct auditfail_question question = {
		.application = "login",
		.operation = operation,
		.error = error,
		.record = "USER_LOGIN",
	};
	struct auditfail_answer answer;
	enum auditfail_action action = auditfail_ask(&question, &answer);

	/* Without auditfail on this machine, login goes on as before. */
	if (action == AUDITFAIL_IGNORE || (answer.via == AUDITFAIL_VIA_BUILTIN && answer.cause == ENOENT))
		return;
	syslog(LOG_ERR, _("cannot send audit message: %s"), strerror(error));
	if (action == AUDITFAIL_LOG)
		return;
	fprintf(stderr, _("\\nCannot write an audit record: %s\\n"), strerror(error));
	if (session) {
		pam_setcred(cxt->pamh, PAM_DELETE_CRED);
		pam_close_session(cxt->pamh, 0);
	}
	pam_end(cxt->pamh, PAM_SYSTEM_ERR);
	sleepexit(EXIT_FAILURE);
#endif
}
"""

NOT_OPENED = """
if (audit_fd < 0)
	audit_lost(cxt, "audit_open", errno, status);
"""

# libaudit returns 0 if it hides a failure, but keeps its errno.
NOT_SENT = """
if (sent < 1)
	audit_lost(cxt, "audit_log_acct_message", sent < 0 ? -sent : errno, status);
"""


def edit_hwclock(source):
    for name in COPIES:
        source.copy(CHECKOUT / name, f"sys-utils/{pathlib.Path(name).name}")
    source.text("sys-utils/Makemodule.am").make("hwclock_SOURCES", nth=1).add("sys-utils/hwclock-audit.c")
    source.text("sys-utils/meson.build").meson("hwclock_sources", nth=1).add("sys-utils/hwclock-audit.c")

    hwclock = source.c("sys-utils/hwclock.c")
    hwclock.include('"hwclock-audit.h"', after='"hwclock.h"')
    hwclock.after_line(r"static int hwaudit_fd\b", "static int hwaudit_error;")
    hwclock.function("main").test("hwaudit_fd").replace("hwaudit_error = errno;")
    hwclock.function("main").test("param_set_option").before(ALLOWED)
    hwclock.function("hwclock_exit").rename_calls("audit_log_user_message", "hwaudit_log")


def edit_login(source):
    login = source.c("login-utils/login.c")
    function = login.function("log_audit")
    function.call("audit_open").after(NOT_OPENED)
    function.call("audit_log_acct_message").after(NOT_SENT)
    function.rename_calls("ignore_result", "sent = ")
    function.first("int sent;")
    login.before_function("log_audit", LOST)


def edit(source):
    edit_hwclock(source)
    # In Debian 12, login is a program of shadow.
    if "\nPackage: login\n" in source.text("debian/control").text:
        edit_login(source)


if __name__ == "__main__":
    main(edit)
