#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""edit.py SOURCE_FOLDER: makes sshd ask auditfail if it cannot record a login. GUIDE.md says where, and why."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from editing import Problem, main  # noqa: E402

ASK = """
#ifdef AUDITFAIL_DECLARED
/*
 * A record is lost, and errno says why. Returns 1 if sshd goes on. Ends this
 * connection if the policy says so. If auditfail is not installed, returns
 * OWN_ANSWER.
 */
static int
linux_audit_goes_on(const char *operation, int own_answer)
{
	const struct auditfail_question question = {
		.application = "sshd",
		.operation = operation,
		.record = "USER_LOGIN",
		.error = errno
	};
	struct auditfail_answer answer;

	switch (auditfail_ask(&question, &answer)) {
	case AUDITFAIL_IGNORE:
		return 1;
	case AUDITFAIL_LOG:
		error("cannot write audit record USER_LOGIN: %s",
		    strerror(errno));
		return 1;
	default:
		break;
	}
	if (answer.via == AUDITFAIL_VIA_BUILTIN && answer.cause == ENOENT)
		return own_answer;
	if (answer.file[0] == '\\0')
		fatal("cannot write audit record USER_LOGIN: %s; refused, no "
		    "audit failure policy was found", strerror(errno));
	fatal("cannot write audit record USER_LOGIN: %s; refused, as %s:%u "
	    "says", strerror(errno), answer.file, answer.line);
}
#else /* an older libaudit */
# define linux_audit_goes_on(operation, own_answer) (own_answer)
#endif /* AUDITFAIL_DECLARED */
"""

LOST = """
/* An sshd without privileges cannot write records, and never could. */
if (rc <= 0 && geteuid() == 0)
	return linux_audit_goes_on("audit_log_acct_message", rc >= 0);
"""

RECORD_BLOCK = re.compile(
    r"^#ifdef SSH_AUDIT_EVENTS\n(?:(?!#).*\n)*?.*\baudit_session_open\(.*\n(?:(?!#).*\n)*?#endif\n", re.MULTILINE)


def record_first(loginrec):
    """Moves the audit record before the records in lastlog, utmp and wtmp: a refused login leaves none of them."""
    blocks = list(RECORD_BLOCK.finditer(loginrec.text))
    if len(blocks) != 1:
        raise Problem(loginrec.name, "the one block with audit_session_open()", f"found {len(blocks)} times")
    block = re.sub(r"^\t", "", blocks[0].group(), flags=re.MULTILINE)
    loginrec.replace(blocks[0].start(), blocks[0].end(), "")
    loginrec.function("login_write").call("login_set_current_time").after(block)


def edit(source):
    audit = source.c("audit-linux.c")
    record = audit.function("linux_audit_record_event")
    unsupported = record.test("EAFNOSUPPORT")
    unsupported.replace_condition(f'linux_audit_goes_on("audit_open",\n\t\t    {unsupported.condition()})')
    record.assignment("errno").after(LOST)
    audit.before_function("linux_audit_record_event", ASK)
    audit.include("<errno.h>", after="<unistd.h>")
    record_first(source.c("loginrec.c"))


if __name__ == "__main__":
    main(edit)
