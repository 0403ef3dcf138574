#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""edit.py SOURCE_FOLDER: makes libpam ask auditfail if it cannot write a record. GUIDE.md says where, and why."""
import pathlib
import sys

NATIVE = pathlib.Path(__file__).resolve().parents[1]
CHECKOUT = NATIVE.parent
sys.path.insert(0, str(NATIVE))
from editing import main  # noqa: E402

COPIES = ["client/shim/application.c", "client/shim/application.h", "protocol/audit/refusal.h",
          "native/pam/pam_audit_lost.c", "native/pam/pam_audit_lost.h"]
SOURCES = ["pam_audit_lost.c", "client/shim/application.c"]

OPEN = """
struct pam_audit_loss loss = { .operation = "audit_open" };
int audit_fd = audit_open();

if (audit_fd >= 0)
	return audit_fd;
loss.error = errno;
/* These errors mean a kernel without audit. */
loss.goes_on = errno == EINVAL || errno == EPROTONOSUPPORT || errno == EAFNOSUPPORT;
pamh->audit_state |= PAMAUDIT_LOGGED;
return _pam_audit_lost(pamh, &loss) < 0 ? -1 : -2;
"""

# libaudit returns 0 if it hides a failure, but keeps its errno.
LOST = """
if (rc < 1) {
	struct pam_audit_loss loss = {
		.operation = "audit_log_acct_message",
		.error = rc < 0 ? -rc : hidden,
		.record = type,
		.goes_on = rc == 0 || rc == -EPERM,
	};
	return _pam_audit_lost(pamh, &loss);
}
"""

# The first call of a conversation, before any module has asked for a password.
AHEAD = """
#ifdef HAVE_LIBAUDIT
if (pamh->former.choice == PAM_NOT_STACKED && _pam_audit_ahead(pamh, flags) < 0)
	return PAM_SYSTEM_ERR;
#endif
"""


def edit(source):
    for name in COPIES:
        source.copy(CHECKOUT / name, "libpam/" + name.removeprefix("native/pam/"))
    if source.has("libpam/meson.build"):
        source.text("libpam/meson.build").meson("libpam_src").add(*SOURCES)
    else:
        source.text("libpam/Makefile.am").make("libpam_la_SOURCES").add(*SOURCES)

    audit = source.c("libpam/pam_audit.c")
    audit.include('"pam_audit_lost.h"', after='"pam_modutil_private.h"')
    open_audit = audit.function("_pam_audit_open")
    open_audit.call("audit_open")
    open_audit.test("EAFNOSUPPORT")
    open_audit.replace_body(OPEN)
    write = audit.function("_pam_audit_writelog")
    write.call("audit_log_acct_message").after("hidden = errno;")
    write.test("rc", nth=1).replace(LOST)
    write.assignment("old_errno").replace("int hidden = 0;")
    write.assignment("errno")
    audit.function("_pam_auditlog").call("_pam_audit_open").before("_pam_audit_flags(pamh, flags);")

    password = source.c("libpam/pam_password.c")
    password.include('"pam_audit_lost.h"', after='"pam_private.h"')
    password.function("pam_chauthtok").test("choice").before(AHEAD)


if __name__ == "__main__":
    main(edit)
