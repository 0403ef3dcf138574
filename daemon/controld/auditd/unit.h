/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd's units, over D-Bus. For workers: waits. */
#ifndef AUDITFAIL_UNIT_H
#define AUDITFAIL_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define UNIT_AUDITD "auditd.service"
#define UNIT_RULES  "audit-rules.service" /* since audit 4 */

/* What systemd knows of a service. */
struct unit {
        char load[32];         /* "loaded", "masked", "not-found", "bad-setting", "error" */
        char active[32];       /* "active", "inactive", "activating", "deactivating", "failed" */
        bool can_start;        /* `systemctl start` is not refused */
        uint32_t job;          /* number of the job that waits or runs; 0: none */
        bool job_waits;        /* it does not run yet: to cancel it prevents what it would do */
        pid_t main_pid;        /* 0: none */
        char restart[32];      /* Restart=: "no", "on-failure", "always" ... */
        uint64_t restart_usec; /* RestartUSec= */
        int after_start;       /* the worst exit status of what ExecStartPost= ran last; 0 where none failed */
};

/* Reads the state of the service NAME. Returns 0, or a negative errno where systemd does not tell by DEADLINE_USEC. */
int unit_look(const char *name, uint64_t deadline_usec, struct unit *ret);

/* A unit that another one requires. */
struct required_unit {
        char name[256];
        char load[32]; /* as in struct unit */
};

/*
 * Finds the units that NAME requires directly (Requires=, BindsTo=), at most MAX of them: systemd starts NAME only with
 * all of them. Returns their number, or a negative errno.
 */
int unit_requirements(const char *name, uint64_t deadline_usec, struct required_unit *ret, size_t max);

/*
 * Starts the unit NAME and waits until systemd has done so, or DEADLINE_USEC (monotonic). Returns whether it has; WHY
 * (SIZE bytes) says what was wrong.
 */
bool unit_start(const char *name, uint64_t deadline_usec, char *why, size_t size);

/* Has systemd not count the starts of NAME so far (StartLimitBurst=). */
void unit_forget_starts(const char *name, uint64_t deadline_usec);

#endif
