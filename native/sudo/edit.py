#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""edit.py SOURCE_FOLDER: makes sudo ask auditfail if it cannot record a command. GUIDE.md says where, and why."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from editing import main  # noqa: E402

# sudo indents by four columns, and writes eight of them as a tab.
ASK = """
/* Why the policy does not let sudo run the command; empty if it does. */
static char refusal[320];

const char *
linux_audit_refusal(void)
{
    return refusal[0] != '\\0' ? refusal : NULL;
}

#ifdef AUDITFAIL_DECLARED
/*
 * A record is lost, and errno says why.  Does sudo run the command?
 * If auditfail is not installed, the answer is OWN_ANSWER.
 */
static bool
linux_audit_goes_on(const char *operation, bool own_answer)
{
    const struct auditfail_question question = {
\t.application = "sudo",
\t.operation = operation,
\t.record = "USER_CMD",
\t.error = errno
    };
    struct auditfail_answer answer;
    debug_decl(linux_audit_goes_on, SUDOERS_DEBUG_AUDIT);

    switch (auditfail_ask(&question, &answer)) {
    case AUDITFAIL_IGNORE:
\tdebug_return_bool(true);
    case AUDITFAIL_LOG:
\tsudo_warn("%s", U_("unable to send audit message"));
\tdebug_return_bool(true);
    default:
\tif (answer.via == AUDITFAIL_VIA_BUILTIN && answer.cause == ENOENT)
\t    debug_return_bool(own_answer);
\tif (answer.file[0] != '\\0')
\t    (void)snprintf(refusal, sizeof(refusal), "refused, as %s:%u says",
\t\tanswer.file, answer.line);
\telse
\t    (void)strlcpy(refusal, "refused, no audit failure policy was found",
\t\tsizeof(refusal));
\tdebug_return_bool(false);
    }
}
#else /* an older libaudit */
# define linux_audit_goes_on(operation, own_answer) (own_answer)
#endif /* AUDITFAIL_DECLARED */
"""

REFUSE = """
#ifdef HAVE_LINUX_AUDIT
/* ignore_audit_errors does not apply where a policy decides. */
if (linux_audit_refusal() != NULL) {
    *errstr = linux_audit_refusal();
    ret = false;
}
#endif
"""


def edit(source):
    audit = source.c("plugins/sudoers/linux_audit.c")
    unsupported = audit.function("linux_audit_open").test("EAFNOSUPPORT")
    unsupported.replace_condition(f'linux_audit_goes_on("audit_open",\n\t    {unsupported.condition()})')
    command = audit.function("linux_audit_command")
    command.test("ECONNREFUSED").replace_condition(
        '!linux_audit_goes_on("audit_log_user_command",\n\t    errno == ECONNREFUSED)')
    command.test("linux_audit_open").before("refusal[0] = '\\0';")
    audit.before_function("linux_audit_open", ASK)

    header = source.c("plugins/sudoers/linux_audit.h")
    header.after_declaration("linux_audit_command", "const char *linux_audit_refusal(void);")

    plugin = source.c("plugins/sudoers/audit.c")
    plugin.function("sudoers_audit_accept").test("first").before(REFUSE)


if __name__ == "__main__":
    main(edit)
