/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/auditd_unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define REQUIREMENTS_MAX 32

static bool is(const char *word, const char *expected) {
        return strcmp(word, expected) == 0;
}

/* If systemd names the same main process before and after its pidfd was opened, the pidfd is that process's. */
bool auditd_unit_find(const struct machine *machine, uint64_t deadline_usec, struct auditd *ret) {
        struct unit before, after;

        *ret = (struct auditd){ .process = -1 };
        if (machine->unit_read(UNIT_AUDITD, deadline_usec, &before) < 0 || !is(before.active, "active") ||
            before.main_pid == 0 || !machine->auditd_open(before.main_pid, ret))
                return false;
        if (machine->unit_read(UNIT_AUDITD, deadline_usec, &after) == 0 && after.main_pid == before.main_pid &&
            !auditd_has_ended(ret))
                return true;
        auditd_close(ret);
        return false;
}

bool auditd_unit_is_pending(const struct machine *machine, uint64_t deadline_usec, char *why, size_t size) {
        struct unit unit;

        if (machine->unit_read(UNIT_AUDITD, deadline_usec, &unit) < 0)
                return false;
        if (unit.job != 0 && unit.job_waits)
                snprintf(why, size,
                         "systemd has a job for " UNIT_AUDITD " (it is %s): wait for it, or type: systemctl cancel "
                         "%" PRIu32,
                         unit.active, unit.job);
        else if (unit.job != 0)
                snprintf(why, size,
                         "systemd has a job for " UNIT_AUDITD " (it is %s): wait for it; to see job %" PRIu32
                         ": systemctl list-jobs",
                         unit.active, unit.job);
        else if (is(unit.active, "activating") || is(unit.active, "deactivating") || is(unit.active, "reloading"))
                snprintf(why, size, UNIT_AUDITD " is %s: wait, and see: systemctl status auditd", unit.active);
        else
                return false;
        return true;
}

/* The rest of TimeoutStopSec=, in whole seconds. */
static uint64_t seconds_to_stop(const struct unit *unit, uint64_t now_usec) {
        uint64_t end = unit->since_usec + unit->stop_usec;

        return end > now_usec ? (end - now_usec) / 1000000 + 1 : 0;
}

bool auditd_unit_starts_later(const struct machine *machine, uint64_t deadline_usec, char *why, size_t size) {
        struct unit unit;

        if (machine->unit_read(UNIT_AUDITD, deadline_usec, &unit) < 0)
                return false;
        if (is(unit.active, "deactivating") && unit.stop_usec == UINT64_MAX)
                snprintf(why, size,
                         UNIT_AUDITD " is deactivating, and starts again when the other processes of auditd (plugins) "
                                     "have ended; systemd does not kill them (TimeoutStopSec=infinity)");
        else if (is(unit.active, "deactivating"))
                snprintf(why, size,
                         UNIT_AUDITD " is deactivating, and starts again when the other processes of auditd (plugins) "
                                     "have ended; systemd kills them in %" PRIu64 " s (TimeoutStopSec=)",
                         seconds_to_stop(&unit, machine->monotonic_usec()));
        else if (unit.job != 0 || is(unit.active, "activating"))
                snprintf(why, size, UNIT_AUDITD " is %s, and systemd still tries to start it", unit.active);
        else
                return false;
        return true;
}

/* systemd makes no job for a unit that is not loaded, nor for one that requires such a unit. */
static bool lacks_requirement(const struct machine *machine, uint64_t deadline_usec, char *why, size_t size) {
        struct required_unit required[REQUIREMENTS_MAX];
        int count = machine->unit_requirements(UNIT_AUDITD, deadline_usec, required, REQUIREMENTS_MAX);
        bool rules = false;

        if (count < 0) {
                snprintf(why, size,
                         "auditd may not start again, since systemd does not say what " UNIT_AUDITD " requires: %s",
                         strerror(-count));
                return true;
        }
        for (int i = 0; i < count; i++) {
                if (!is(required[i].load, "loaded")) {
                        snprintf(why, size,
                                 "auditd would not start again, since " UNIT_AUDITD
                                 " requires %s, which is %s; see: systemctl status %s",
                                 required[i].name, required[i].load, required[i].name);
                        return true;
                }
                rules |= is(required[i].name, UNIT_RULES);
        }
        if (!rules)
                return false;
        if (!machine->unit_start(UNIT_RULES, deadline_usec, why, size)) {
                auditd_unit_has_no_rules(machine, deadline_usec, why, size);
                return true;
        }
        /* This start must not count towards StartLimitBurst=: systemd starts the unit again, with auditd. */
        machine->unit_reset_starts(UNIT_RULES, deadline_usec);
        return false;
}

bool auditd_unit_stays_down(const struct machine *machine, uint64_t deadline_usec, char *why, size_t size) {
        struct unit unit;
        int r = machine->unit_read(UNIT_AUDITD, deadline_usec, &unit);

        if (r < 0)
                snprintf(why, size, "auditd would not start again, since systemd does not answer: %s", strerror(-r));
        else if (is(unit.load, "masked"))
                snprintf(why, size,
                         "auditd would not start again, since " UNIT_AUDITD
                         " is masked; type: systemctl unmask " UNIT_AUDITD);
        else if (!is(unit.load, "loaded"))
                snprintf(why, size,
                         "auditd would not start again, since systemd cannot load " UNIT_AUDITD
                         " (%s); see: systemctl status " UNIT_AUDITD,
                         unit.load);
        else if (!unit.can_start)
                snprintf(why, size,
                         "auditd would not start again, since " UNIT_AUDITD
                         " refuses it (RefuseManualStart=); see: systemctl cat " UNIT_AUDITD);
        else
                return lacks_requirement(machine, deadline_usec, why, size);
        return true;
}

bool auditd_unit_comes_back(const struct machine *machine, uint64_t deadline_usec, char *why, size_t size) {
        struct unit unit;

        /* systemd does not notice the end of an auditd that it did not start: the unit is inactive then. */
        if (machine->unit_read(UNIT_AUDITD, deadline_usec, &unit) < 0 || is(unit.active, "inactive") ||
            is(unit.active, "failed") || (!is(unit.restart, "always") && !is(unit.restart, "on-success")))
                return false;
        snprintf(why, size,
                 "systemd starts auditd again after %" PRIu64 " ms, since " UNIT_AUDITD
                 " has Restart=%s; to keep it down: systemctl mask --runtime " UNIT_AUDITD ", then stop it",
                 unit.restart_usec / 1000, unit.restart);
        return true;
}

/* Before audit 4, ExecStartPost= of auditd.service loads the rules. */
bool auditd_unit_has_no_rules(const struct machine *machine, uint64_t deadline_usec, char *why, size_t size) {
        struct unit rules, auditd;

        if (machine->unit_read(UNIT_RULES, deadline_usec, &rules) == 0 && is(rules.active, "failed")) {
                snprintf(why, size, "the rules do not load: " UNIT_RULES " has failed; see: journalctl -u audit-rules");
                return true;
        }
        if (machine->unit_read(UNIT_AUDITD, deadline_usec, &auditd) == 0 && auditd.after_start != 0) {
                snprintf(why, size,
                         "the rules do not load: what " UNIT_AUDITD
                         " runs after its start ended with status %d; see: journalctl -u auditd",
                         auditd.after_start);
                return true;
        }
        return false;
}
