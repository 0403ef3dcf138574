/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of a running auditfaild, which its methods read and change. */
#ifndef AUDITFAIL_DAEMON_H
#define AUDITFAIL_DAEMON_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "daemon/auditfaild/monitor.h"
#include "daemon/auditfaild/report.h"
#include "daemon/common/ratelimit.h"
#include "daemon/policy/diagnostic.h"
#include "daemon/policy/policy.h"
#include "daemon/policy/policy_load.h"
#include "daemon/server/dispatch.h"
#include "daemon/server/server.h"

struct reloader;

struct daemon {
        sd_event *event;
        struct server *server;
        struct reporter *reporter;
        struct ratelimit *ratelimit;
        struct ratelimit *kernel_waits; /* how often each user has the kernel asked */
        struct reloader *reloader;
        struct monitors monitors;

        struct policy_places places;
        const char *runtime; /* the folder of the snapshot */
        uid_t uid;           /* that it runs as */

        struct policy *policy; /* in force; NULL only before the first load */
        uint64_t generation;
        struct diagnostics problems; /* of the last load, whether it was taken or not */
        bool reload_failed;

        uint64_t started_usec, loaded_usec; /* CLOCK_REALTIME */
        uint64_t queries, decided[ACTION_COUNT];
        uint64_t queries_notified; /* as the status line has it */
};

/* Tells systemd STATE, lines such as "READY=1\n" or "", and the line that `systemctl status` shows. */
void daemon_notify(struct daemon *daemon, const char *state);

#endif
