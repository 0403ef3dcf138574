/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * auditd.service beside the audit daemon that the kernel knows: auditd without the kernel's records, auditd that
 * systemd is about to start, and auditd that would not come back. For workers: waits for systemd, until a deadline
 * (monotonic microseconds). Each function returns whether it is so, and fills in WHY (SIZE bytes) then: what is so, and
 * what to type. Where systemd does not answer, it is not so, unless a function says otherwise.
 */
#ifndef AUDITFAIL_AUDITD_UNIT_H
#define AUDITFAIL_AUDITD_UNIT_H

#include "daemon/controld/auditd/auditd.h"

/*
 * auditd runs as the unit's main process, and the kernel has no audit daemon: local_events = no. RET holds on to it,
 * for auditd_release().
 */
bool auditd_unit_find(uint64_t deadline_usec, struct auditd *ret);

/* systemd is starting or stopping it, or has a job for it. */
bool auditd_unit_is_pending(uint64_t deadline_usec, char *why, size_t size);

/*
 * systemd would not start it: it is masked, is missing, cannot be read, or refuses; or a unit that it requires is.
 * Since audit 4 that is the one which loads the rules: it is started here, as systemd does first for a restart, so that
 * rules which do not load are known before anything has stopped. Also where systemd does not answer.
 */
bool auditd_unit_stays_down(uint64_t deadline_usec, char *why, size_t size);

/* systemd starts it again when it has ended: Restart=always or on-success. */
bool auditd_unit_comes_back(uint64_t deadline_usec, char *why, size_t size);

/* The rules did not load when it was started last. */
bool auditd_unit_has_no_rules(uint64_t deadline_usec, char *why, size_t size);

#endif
