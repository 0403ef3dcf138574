/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The audit daemon that the kernel knows (AUDIT_GET), not the one of a pid file. Needs CAP_AUDIT_CONTROL and the
 * initial pid namespace. For workers: a function with a deadline (monotonic microseconds) may wait until then.
 */
#ifndef AUDITFAIL_AUDITD_H
#define AUDITFAIL_AUDITD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "protocol/audit/audit_state.h"
#include "protocol/request_words.h"

struct auditd {
        pid_t pid;
        int process;      /* pidfd */
        char program[64]; /* what it calls itself */
};

/* Asks the kernel. Returns 0, -ETIMEDOUT, or another negative errno (-EPERM: without the capability). */
int kernel_audit_ask(uint64_t deadline_usec, struct audit_state *ret);

/*
 * Finds the registered audit daemon. RET has a pidfd of it, for auditd_close(). Returns FAILURE_NONE;
 * FAILURE_NO_AUDIT_DAEMON; FAILURE_OTHER_AUDIT_DAEMON if the registered process is not called auditd (RET has it all
 * the same); or FAILURE_FAILED, with a negative errno in *RET_ERROR.
 */
enum request_failure auditd_find(uint64_t deadline_usec, struct auditd *ret, int *ret_error);

/* Opens a pidfd of process PID, if it is called auditd. Returns whether it is; if not, RET->process is -1. */
bool auditd_open(pid_t pid, struct auditd *ret);
void auditd_close(struct auditd *auditd);

/* Returns 0 or a negative errno; -ESRCH: it has ended. */
int auditd_signal(const struct auditd *auditd, int signal);
bool auditd_has_ended(const struct auditd *auditd);

/* Whether AUDITD, which runs, started before WHEN on the real-time clock. */
bool auditd_started_before(const struct auditd *auditd, const struct timespec *when);

/* Finds why AUDITD, which runs, does not write to LOG_FILE. DETAIL (SIZE bytes) says what was seen. */
enum cause auditd_trouble(const struct auditd *auditd, const char *log_file, char *detail, size_t size);

/*
 * Whether the mounts of this process hide LOG_FILE of AUDITD, which runs: its path leads to another file here. WHY
 * (SIZE bytes) names the setting of the unit, and the line that shows the log.
 */
bool auditd_log_is_hidden(const struct auditd *auditd, const char *log_file, char *why, size_t size);

#endif
