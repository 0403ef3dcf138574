/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of the running auditfaild: its methods read and change it. */
#ifndef AUDITFAIL_STATE_H
#define AUDITFAIL_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "daemon/auditfaild/monitor.h"
#include "daemon/auditfaild/report.h"
#include "daemon/auditfaild/report_budget.h"
#include "daemon/common/ratelimit.h"
#include "daemon/policy/diagnostic.h"
#include "daemon/policy/policy.h"
#include "daemon/policy/policy_load.h"
#include "daemon/server/server.h"

struct reloader;

struct auditfaild {
        sd_event *event;
        struct server *server;
        struct reporter *reporter;
        struct budgets *budgets;            /* of reports */
        struct ratelimit *kernel_questions; /* of questions to auditfail-controld, for each user */
        struct reloader *reloader;
        struct monitors monitors;

        struct policy_places places;
        const char *runtime; /* the folder of the snapshot */
        uid_t uid;           /* of this process */

        struct policy *policy; /* in force; NULL only before the first load */
        uint64_t generation;
        struct diagnostics problems;        /* of the last load, also if it failed */
        bool reload_failed, snapshot_stale; /* stale: the snapshot is not the policy in force */

        uint64_t started_usec, loaded_usec; /* CLOCK_REALTIME */
        uint64_t queries, decided[ACTION_COUNT];
};

#endif
