/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a request needs from the machine: clock, kernel, auditd, systemd and policy. Each function does what the one of
 * its name in the included headers does. Tests pass their own machine.
 */
#ifndef AUDITFAIL_MACHINE_H
#define AUDITFAIL_MACHINE_H

#include <poll.h>
#include <unistd.h>

#include "auditfail.h"
#include "daemon/controld/auditd/auditd.h"
#include "daemon/controld/auditd/auditd_conf.h"
#include "daemon/controld/auditd/kernel_drops.h"
#include "daemon/controld/auditd/log_watch.h"
#include "daemon/controld/auditd/request_record.h"
#include "daemon/controld/auditd/unit.h"

struct machine {
        uint64_t (*monotonic_usec)(void);
        int (*usleep)(useconds_t usec);
        int (*poll)(struct pollfd *descriptors, nfds_t count, int timeout_msec);

        int (*adopt_login)(uint32_t auid);
        int (*request_record_write)(const struct request_record *record);
        int (*kernel_audit_ask)(uint64_t deadline_usec, struct audit_state *ret);
        void (*kernel_drops_find)(struct kernel_drops *ret);

        enum request_failure (*auditd_find)(uint64_t deadline_usec, struct auditd *ret, int *ret_error);
        bool (*auditd_open)(pid_t pid, struct auditd *ret);
        int (*auditd_signal)(const struct auditd *auditd, int signal);
        int (*auditd_conf_find)(pid_t pid, struct auditd_conf *ret);
        int (*log_watch_sync)(struct log_watch *log);
        bool (*rules_load)(uint64_t deadline_usec, char *output, size_t size);
        const char *state_file; /* that auditd writes on SIGCONT */

        int (*unit_read)(const char *name, uint64_t deadline_usec, struct unit *ret);
        int (*unit_requirements)(const char *name, uint64_t deadline_usec, struct required_unit *ret, size_t max);
        bool (*unit_start)(const char *name, uint64_t deadline_usec, char *why, size_t size);
        void (*unit_reset_starts)(const char *name, uint64_t deadline_usec);

        enum auditfail_action (*auditfail_ask)(const struct auditfail_question *question,
                                               struct auditfail_answer *answer);
};

/* The machine that the daemon runs on. */
extern const struct machine this_machine;

#endif
