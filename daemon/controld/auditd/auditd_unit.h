/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * auditd.service, as far as it matters for requests: an auditd that the kernel does not know, one that systemd is about
 * to start or stop, and one that cannot be started again.
 *
 * For workers: waits for systemd until DEADLINE_USEC (monotonic). Each function returns whether its statement is true,
 * and then writes to WHY (SIZE bytes) what was found and which command helps. If systemd does not answer, the result is
 * false, except where noted.
 */
#ifndef AUDITFAIL_AUDITD_UNIT_H
#define AUDITFAIL_AUDITD_UNIT_H

#include "daemon/controld/auditd/machine.h"

/* auditd runs as the unit's main process, even if the kernel does not know it. RET is as of auditd_open(). */
bool auditd_unit_find(const struct machine *machine, uint64_t deadline_usec, struct auditd *ret);

/* systemd is starting or stopping it, or has a job for it. */
bool auditd_unit_is_pending(const struct machine *machine, uint64_t deadline_usec, char *why, size_t size);

/* systemd has a job to start it, which waits or runs, or the unit has not stopped yet. WHY says how long that takes. */
bool auditd_unit_starts_later(const struct machine *machine, uint64_t deadline_usec, char *why, size_t size);

/*
 * systemd would not start it: it is masked, is missing, cannot be read, or refuses; or a unit that it requires is, or
 * does; or systemd does not answer. Since audit 4, auditd.service requires the unit that loads the rules. That unit is
 * started here, as systemd would do first, so that a failure to load rules is known before auditd is stopped.
 */
bool auditd_unit_stays_down(const struct machine *machine, uint64_t deadline_usec, char *why, size_t size);

/* systemd starts it again when it has ended: Restart=always or on-success. */
bool auditd_unit_comes_back(const struct machine *machine, uint64_t deadline_usec, char *why, size_t size);

/* The rules did not load at its last start. */
bool auditd_unit_has_no_rules(const struct machine *machine, uint64_t deadline_usec, char *why, size_t size);

#endif
