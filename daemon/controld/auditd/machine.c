/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/machine.h"

#include "daemon/controld/auditd/rules.h"
#include "protocol/clock.h"

static int adopt_login_in_proc(uint32_t auid) {
        return adopt_login("/proc", auid);
}

static int find_conf_in_proc(pid_t pid, struct auditd_conf *ret) {
        return auditd_conf_find("/proc", pid, ret);
}

static bool load_rules_of_root(uint64_t deadline_usec, char *output, size_t size) {
        return rules_load("", deadline_usec, output, size);
}

const struct machine this_machine = {
        .monotonic_usec = monotonic_usec,
        .usleep = usleep,
        .poll = poll,

        .adopt_login = adopt_login_in_proc,
        .request_record_write = request_record_write,
        .kernel_audit_ask = kernel_audit_ask,
        .kernel_drops_find = kernel_drops_find,

        .auditd_find = auditd_find,
        .auditd_open = auditd_open,
        .auditd_signal = auditd_signal,
        .auditd_conf_find = find_conf_in_proc,
        .log_watch_sync = log_watch_sync,
        .rules_load = load_rules_of_root,
        .state_file = "/run/auditd.state",

        .unit_read = unit_read,
        .unit_requirements = unit_requirements,
        .unit_start = unit_start,
        .unit_reset_starts = unit_reset_starts,

        .auditfail_ask = auditfail_ask,
};
