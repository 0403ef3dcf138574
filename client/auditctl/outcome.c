/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditctl/outcome.h"

#include <stdio.h>

static const struct {
        enum outcome outcome;
        const char *meaning;
} meanings[] = {
        { OUTCOME_DONE, "success" },
        { OUTCOME_BROKEN, "out of memory, or the output could not be written" },
        { OUTCOME_USAGE, "wrong usage" },
        { OUTCOME_PERMISSION_DENIED, "permission denied" },
        { OUTCOME_NO_LOGIN, "no login" },
        { OUTCOME_NOT_IDENTIFIED, "not identified" },
        { OUTCOME_RATE_LIMITED, "too many requests" },
        { OUTCOME_BUSY, "busy with another request" },
        { OUTCOME_NO_AUDIT_DAEMON, "no audit daemon" },
        { OUTCOME_OTHER_AUDIT_DAEMON, "another program is the audit daemon" },
        { OUTCOME_UNREACHABLE, "service not reachable" },
        { OUTCOME_DISABLED, "not recorded: auditing is switched off" },
        { OUTCOME_EXCLUDED, "not recorded: an audit rule drops the record" },
        { OUTCOME_DAEMON_STOPPED, "not recorded: the audit daemon is stopped" },
        { OUTCOME_DISK_FULL, "not recorded: the disk is full" },
        { OUTCOME_READ_ONLY, "not recorded: the file system is read-only" },
        { OUTCOME_SUSPENDED, "not recorded: logging is suspended" },
        { OUTCOME_HUNG, "not recorded: the audit daemon hangs" },
        { OUTCOME_NOT_CONFIRMED, "not confirmed" },
        { OUTCOME_ENDED_BY_ITSELF, "the audit daemon ended by itself" },
        { OUTCOME_CANCELLED, "cancelled" },
        { OUTCOME_FAILED, "failed before the signal" },
        { OUTCOME_LOST, "not recorded: the kernel loses records" },
        { OUTCOME_NO_EFFECT, "no effect" },
        { OUTCOME_NOT_STARTED, "not started again" },
        { OUTCOME_RULES_NOT_LOADED, "the rules, or some of them, were not loaded" },
        { OUTCOME_DETACHED, "detached" },
        { OUTCOME_FAILED_SIGNALLED, "failed after the signal" },
        { OUTCOME_UNKNOWN, "not known" },
};

void outcome_help(void) {
        printf("Exit status (1x, 2x: auditd was not told anything; 3x: auditd has the signal):\n");
        for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
                printf("  %2d  %s\n", meanings[i].outcome, meanings[i].meaning);
}
