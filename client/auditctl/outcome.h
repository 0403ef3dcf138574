/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Outcomes of a request: the exit statuses in auditctl-stop(8). The tens digit tells the most important fact. 1x and
 * 2x: auditd received no signal; 3x: auditd received the signal; 4x: not known.
 */
#ifndef AUDITCTL_OUTCOME_H
#define AUDITCTL_OUTCOME_H

enum outcome {
        OUTCOME_DONE = 0,
        OUTCOME_BROKEN = 1, /* EXIT_FAILURE, as out_of_memory() has it */
        OUTCOME_USAGE = 2,

        OUTCOME_PERMISSION_DENIED = 10,
        OUTCOME_NO_LOGIN = 11,
        OUTCOME_NOT_IDENTIFIED = 12,
        OUTCOME_RATE_LIMITED = 13,
        OUTCOME_BUSY = 14,
        OUTCOME_NO_AUDIT_DAEMON = 15,
        OUTCOME_OTHER_AUDIT_DAEMON = 16,
        OUTCOME_UNREACHABLE = 17,
        OUTCOME_DISABLED = 18,
        OUTCOME_EXCLUDED = 19,

        OUTCOME_DAEMON_STOPPED = 20,
        OUTCOME_DISK_FULL = 21,
        OUTCOME_READ_ONLY = 22,
        OUTCOME_SUSPENDED = 23,
        OUTCOME_HUNG = 24,
        OUTCOME_NOT_CONFIRMED = 25,
        OUTCOME_ENDED_BY_ITSELF = 26,
        OUTCOME_CANCELLED = 27,
        OUTCOME_FAILED = 28,
        OUTCOME_LOST = 29,

        OUTCOME_NO_EFFECT = 30,
        OUTCOME_NOT_STARTED = 31,
        OUTCOME_RULES_NOT_LOADED = 32,
        OUTCOME_DETACHED = 33,
        OUTCOME_FAILED_SIGNALLED = 34,

        OUTCOME_UNKNOWN = 40,

        /* Of the stock auditctl, as in a shell. */
        OUTCOME_STOCK_CANNOT_RUN = 126,
        OUTCOME_STOCK_NOT_FOUND = 127,
};

#endif
