/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/auditd_unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/controld/auditd/unit.h"

#define REQUIREMENTS_MAX 32

static bool is(const char *word, const char *expected) {
        return strcmp(word, expected) == 0;
}

/* A main process that systemd has named twice was the unit's all the time that we have held it. */
bool auditd_unit_find(uint64_t deadline_usec, struct auditd *ret) {
        struct unit before, after;

        *ret = (struct auditd){ .process = -1 };
        if (unit_read(UNIT_AUDITD, deadline_usec, &before) < 0 || !is(before.active, "active") ||
            before.main_pid == 0 || !auditd_hold(before.main_pid, ret))
                return false;
        if (unit_read(UNIT_AUDITD, deadline_usec, &after) == 0 && after.main_pid == before.main_pid &&
            !auditd_has_ended(ret))
                return true;
        auditd_release(ret);
        return false;
}

bool auditd_unit_is_pending(uint64_t deadline_usec, char *why, size_t size) {
        struct unit unit;

        if (unit_read(UNIT_AUDITD, deadline_usec, &unit) < 0)
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

/* As systemd judges it when it makes a job: a unit that is not loaded has none, nor has what requires it. */
static bool lacks_requirement(uint64_t deadline_usec, char *why, size_t size) {
        struct required_unit required[REQUIREMENTS_MAX];
        int count = unit_requirements(UNIT_AUDITD, deadline_usec, required, REQUIREMENTS_MAX);
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
        if (!unit_start(UNIT_RULES, deadline_usec, why, size)) {
                auditd_unit_has_no_rules(deadline_usec, why, size);
                return true;
        }
        /* systemd is to start it once more, with auditd, however often people restart that. */
        unit_reset_starts(UNIT_RULES, deadline_usec);
        return false;
}

bool auditd_unit_stays_down(uint64_t deadline_usec, char *why, size_t size) {
        struct unit unit;
        int r = unit_read(UNIT_AUDITD, deadline_usec, &unit);

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
                return lacks_requirement(deadline_usec, why, size);
        return true;
}

bool auditd_unit_comes_back(uint64_t deadline_usec, char *why, size_t size) {
        struct unit unit;

        /* An auditd that was no process of the unit ends without systemd: the unit is inactive then. */
        if (unit_read(UNIT_AUDITD, deadline_usec, &unit) < 0 || is(unit.active, "inactive") ||
            is(unit.active, "failed") || (!is(unit.restart, "always") && !is(unit.restart, "on-success")))
                return false;
        snprintf(why, size,
                 "systemd starts auditd again after %" PRIu64 " ms, since " UNIT_AUDITD
                 " has Restart=%s; to keep it down: systemctl mask --runtime " UNIT_AUDITD ", then stop it",
                 unit.restart_usec / 1000, unit.restart);
        return true;
}

/* Since audit 4 a unit of its own loads the rules, which auditd's requires; before, ExecStartPost= does. */
bool auditd_unit_has_no_rules(uint64_t deadline_usec, char *why, size_t size) {
        struct unit rules, auditd;

        if (unit_read(UNIT_RULES, deadline_usec, &rules) == 0 && is(rules.active, "failed")) {
                snprintf(why, size, "the rules do not load: " UNIT_RULES " has failed; see: journalctl -u audit-rules");
                return true;
        }
        if (unit_read(UNIT_AUDITD, deadline_usec, &auditd) == 0 && auditd.after_start != 0) {
                snprintf(why, size,
                         "the rules do not load: what " UNIT_AUDITD
                         " runs after its start ended with status %d; see: journalctl -u auditd",
                         auditd.after_start);
                return true;
        }
        return false;
}
