#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""edit.py SOURCE_FOLDER: makes the tools of shadow ask auditfail, in audit_help_open() and audit_logger()."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from editing import main  # noqa: E402

HELPERS = r"""
#ifdef AUDITFAIL_DECLARED	/* <libaudit.h> declares auditfail_ask() */
/*
 * audit_help_lost - obey the administrator's policy for a lost record
 *
 * Returns false where auditfail is not installed: the program then does what
 * it does without auditfail.
 *
 * If ahead is true, nothing is lost yet: each record that is lost later asks
 * again, unless the program ends here.
 */
static bool audit_help_lost (const char *operation, int error,
                             const char *record, bool ahead)
{
	static bool told, ending;
	struct auditfail_answer answer;
	struct auditfail_question question = {
		.operation = operation,
		.error = error,
		.record = record,
		.flags = ahead ? AUDITFAIL_AHEAD : 0
	};
	const char *reason = strerror (error);
	enum auditfail_action action;

	if (ending) {	/* the functions that exit() calls write records, too */
		return true;
	}
	action = auditfail_ask (&question, &answer);
	if (   (AUDITFAIL_VIA_BUILTIN == answer.via)
	    && (ENOENT == answer.cause)) {
		return false;
	}
	if (ahead) {
		if (   (AUDITFAIL_IGNORE == action)
		    || (AUDITFAIL_LOG == action)) {
			return true;
		}
		/* No later record asks, so this question must be reported. */
		question.flags = 0;
		action = auditfail_ask (&question, NULL);
	}
	if (AUDITFAIL_IGNORE == action) {
		return true;
	}
	if (ESHUTDOWN == error) {
		reason = _("auditing is disabled");
	}
	if (!told) {
		told = true;
		(void) fprintf (log_get_logfd(),
		                _("%s: cannot write to the audit trail: %s\n"),
		                log_get_progname(), reason);
		SYSLOG ((LOG_ERR, "cannot write to the audit trail: %s",
		         reason));
	}
	if (AUDITFAIL_LOG != action) {
		ending = true;
		exit (EXIT_FAILURE);
	}
	return true;
}

/*
 * audit_help_result - return the errno of a record if an empty one gets error
 */
static int audit_help_result (int error)
{
	switch (error) {
	case 0:
		return ESHUTDOWN;	/* auditing is off: records are dropped */
	case EPERM:
		/* As in libaudit, a common user's program need not write. */
		return (getuid () != 0) ? 0 : EPERM;
	case EINVAL:
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
		return 0;
	default:
		return error;
	}
}

/*
 * audit_help_probe - return the errno that a record would get now, or 0
 *
 * Most tools write their records after the change, which is too late to stop.
 * An empty record passes all checks of the kernel, which then refuses it with
 * EINVAL, because it has no text.
 */
static int audit_help_probe (void)
{
	const struct nlmsghdr question = {
		.nlmsg_len = sizeof (question),
		.nlmsg_type = AUDIT_USER,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK
	};
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} answer;

	if (sendto (audit_fd, &question, sizeof (question), MSG_DONTWAIT,
	            (const struct sockaddr *) &kernel, sizeof (kernel)) < 0) {
		return audit_help_result (errno);
	}
	if (   (recv (audit_fd, &answer, sizeof (answer), MSG_DONTWAIT)
	        < (ssize_t) sizeof (answer))
	    || (NLMSG_ERROR != answer.header.nlmsg_type)) {
		return 0;
	}
	return audit_help_result (-answer.error.error);
}
#endif

/*
 * audit_help_sent - look at what libaudit returned for a record: its number,
 * or a negative errno. 0 hides some errors.
 */
static void audit_help_sent (int number, int type)
{
#ifdef AUDITFAIL_DECLARED
	int error = (number < 0) ? -number : 0;

	if (0 == number) {
		error = audit_help_probe ();
	}
	if (0 != error) {
		(void) audit_help_lost ("audit_log_acct_message", error,
		                        audit_msg_type_to_name (type), false);
	}
#else
	(void) number;
	(void) type;
#endif
}
"""
OPEN_FAILED = """
#ifdef AUDITFAIL_DECLARED
if (audit_help_lost ("audit_open", errno, NULL, false)) {
	return;
}
#endif
"""
OPENED = """
#ifdef AUDITFAIL_DECLARED
int error = audit_help_probe ();

if (0 != error) {
	(void) audit_help_lost ("audit_open", error, NULL, true);
}
#endif
"""


def edit(source):
    helper = source.c("lib/audit_help.c", "libmisc/audit_help.c")
    helper.include("<sys/socket.h>", after="<stdio.h>")
    helper.include("<string.h>", after="<stdio.h>")
    helper.include("<unistd.h>", after="<stdio.h>")
    opening = helper.function("audit_help_open")
    opening.last(OPENED)
    opening.test("audit_fd").first(OPEN_FAILED)
    for logger, call, record in [("audit_logger", "audit_log_acct_message", "type"),
                                 ("audit_logger_with_group", "audit_log_acct_message", "type"),
                                 ("audit_logger_message", "audit_log_user_message", "AUDIT_USYS_CONFIG")]:
        if logger != "audit_logger_with_group" or helper.defines(logger):
            helper.function(logger).call(call).wrap("audit_help_sent (", f", {record})")
    helper.before_function("audit_help_open", HELPERS)


if __name__ == "__main__":
    main(edit)
