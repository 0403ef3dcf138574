/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd's units, over D-Bus. For workers: each function waits, until DEADLINE_USEC (monotonic). */
#ifndef AUDITFAIL_UNIT_H
#define AUDITFAIL_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define UNIT_AUDITD "auditd.service"
#define UNIT_RULES  "audit-rules.service" /* since audit 4 */

typedef char unit_word[32];

/* The state of a service. */
struct unit {
        unit_word load;        /* "loaded", "masked", "not-found", "bad-setting", "error" */
        unit_word active;      /* "active", "inactive", "activating", "deactivating", "failed" */
        int can_start;         /* a boolean of D-Bus: `systemctl start` is not refused */
        uint32_t job;          /* number of the job that waits or runs; 0: none */
        bool job_waits;        /* it does not run yet, so that `systemctl cancel` prevents it */
        pid_t main_pid;        /* 0: none */
        unit_word restart;     /* Restart=: "no", "on-failure", "always" ... */
        uint64_t restart_usec; /* RestartSec= */
        uint64_t stop_usec;    /* TimeoutStopSec=; UINT64_MAX: no limit */
        uint64_t since_usec;   /* when ACTIVE began, on the monotonic clock */
        int after_start;       /* the highest exit status of the last run of ExecStartPost=; 0: none failed */
};

/* Reads the state of the service NAME. Returns 0 or a negative errno. */
int unit_read(const char *name, uint64_t deadline_usec, struct unit *ret);

/* A unit that another one requires. */
struct required_unit {
        char name[256];
        unit_word load; /* as in struct unit */
};

/*
 * Reads which units NAME requires directly (Requires=, BindsTo=), at most MAX of them: systemd starts NAME only with
 * all of them. Returns their number, or a negative errno.
 */
int unit_requirements(const char *name, uint64_t deadline_usec, struct required_unit *ret, size_t max);

/* Starts the unit NAME and waits for the job. Returns whether it succeeded; if not, WHY (SIZE bytes) says why. */
bool unit_start(const char *name, uint64_t deadline_usec, char *why, size_t size);

/* Resets the counter of NAME's starts, which StartLimitBurst= limits. Errors are ignored. */
void unit_reset_starts(const char *name, uint64_t deadline_usec);

#endif
