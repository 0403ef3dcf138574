/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stands in for systemd and for the tools that load rules, beside fake_machine.h; and run(), a whole operation. */
#ifndef AUDITFAIL_FAKE_SYSTEMD_H
#define AUDITFAIL_FAKE_SYSTEMD_H

#include "daemon/controld/auditd/carry_out.h"
#include "daemon/controld/auditd/rules.h"
#include "daemon/controld/auditd/unit.h"
#include "tests/daemon/controld/auditd/fake_machine.h"

#define NEW_AUDITD 4711 /* the pid that systemd's auditd.service gets */

/* What the tools for rules, and systemd, do. */
static struct {
        bool rules_fail, unit_fails;
        unsigned starts, starts_needed; /* how often systemd must be told */
        struct unit auditd, rules;      /* what it says of the two services */
        int look_error;
        struct required_unit required[2];
        int required_count;
        pid_t second; /* the unit's main process once it was started */
} outside = { .starts_needed = 1,
              .auditd = { .load = "loaded", .active = "active", .can_start = true, .restart = "on-failure" },
              .rules = { .load = "not-found", .active = "inactive" } };

STAND_IN(int, unit_read, const char *name, uint64_t deadline_usec, struct unit *ret) {
        (void)deadline_usec;
        *ret = strcmp(name, UNIT_RULES) == 0 ? outside.rules : outside.auditd;
        return outside.look_error;
}

STAND_IN(int, unit_requirements, const char *name, uint64_t deadline_usec, struct required_unit *ret, size_t max) {
        (void)deadline_usec;
        cr_assert_str_eq(name, UNIT_AUDITD);
        cr_assert_geq(max, 2);
        memcpy(ret, outside.required, sizeof(outside.required));
        return outside.required_count;
}

STAND_IN(void, unit_reset_starts, const char *name, uint64_t deadline_usec) {
        (void)deadline_usec;
        trace("forget %s; ", name);
}

STAND_IN(bool, auditd_hold, pid_t pid, struct auditd *ret) {
        *ret = (struct auditd){ .pid = pid,
                                .process = pid == machine.auditd   ? dup(machine.process)
                                           : pid == outside.second ? pidfd_open(pid, 0)
                                                                   : -1 };
        return ret->process >= 0;
}

STAND_IN(bool, rules_load, const char *root, uint64_t deadline_usec, char *output, size_t size) {
        (void)root, (void)deadline_usec;
        trace("rules; ");
        snprintf(output, size, outside.rules_fail ? "line 3 is wrong" : "No rules");
        return !outside.rules_fail;
}

STAND_IN(bool, unit_start, const char *name, uint64_t deadline_usec, char *why, size_t size) {
        (void)deadline_usec;
        trace("start %s; ", name);
        snprintf(why, size, "its job failed");
        if (++outside.starts == outside.starts_needed)
                machine.registered = NEW_AUDITD;
        if (outside.second)
                outside.auditd.main_pid = outside.second;
        return !outside.unit_fails;
}

/* The kernel's word on the audit daemon: none, when it has ended. */
static inline void notice_its_end(void) {
        if (machine.registered == machine.auditd && !auditd_lives())
                machine.registered = 0;
}

static inline void run(enum operation operation) {
        const struct task task = request_to(operation);

        if (!machine.on_ask)
                machine.on_ask = notice_its_end;
        carry_out(&task, machine.channel);
}

static inline bool contains(const char *text, const char *part) {
        return strstr(text, part);
}

#endif
