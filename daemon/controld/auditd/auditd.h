/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The audit daemon, as the kernel knows it (AUDIT_GET), not as a pid file has it. Needs CAP_AUDIT_CONTROL and the
 * initial pid namespace. For workers: every call may wait, until its deadline (monotonic microseconds).
 */
#ifndef AUDITFAIL_AUDITD_H
#define AUDITFAIL_AUDITD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/controld/auditd/task.h"

struct auditd {
        pid_t pid;
        int process;      /* pidfd */
        char program[64]; /* what it calls itself */
};

/* Asks the kernel. Returns 0, -ETIMEDOUT, or another negative errno (-EPERM: without the capability). */
int kernel_audit_ask(uint64_t deadline_usec, struct kernel_audit *ret);

/*
 * Finds the registered audit daemon and holds on to it. FAILURE_NONE; _NO_AUDIT_DAEMON; _OTHER_AUDIT_DAEMON where what
 * is registered is not auditd (RET has its pid and program all the same); or _FAILED with *RET_ERROR, a negative errno.
 */
enum request_failure auditd_find(uint64_t deadline_usec, struct auditd *ret, int *ret_error);

/* Holds on to process PID, if it is called auditd. Returns whether it is; else RET->process is -1. */
bool auditd_hold(pid_t pid, struct auditd *ret);
void auditd_release(struct auditd *auditd);

bool auditd_has_ended(const struct auditd *auditd);

/* Why AUDITD, which runs, does not write to LOG_FILE. DETAIL (SIZE bytes) says what was seen. */
enum cause auditd_trouble(const struct auditd *auditd, const char *log_file, char *detail, size_t size);

#endif
