/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of a running auditfail-controld, which its methods read and change. */
#ifndef AUDITFAIL_CONTROLD_H
#define AUDITFAIL_CONTROLD_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "daemon/common/ratelimit.h"
#include "daemon/controld/caller/authority.h"
#include "daemon/server/server.h"

#define REQUEST_BURST 20 /* requests, and refusals on record, of one user in RATELIMIT_INTERVAL_USEC */

struct kernel_asker;
struct request;

struct controld {
        sd_event *event;
        struct server *server;
        struct authority *authority;
        struct ratelimit *requests; /* how many each user may make */
        struct ratelimit *refusals; /* how many of those are put on record */
        struct kernel_asker *asker;
        struct request *active; /* the one that is being carried out; NULL: none */
        bool trail;             /* false: nothing is recorded or signalled */
        bool ending;            /* no new request is taken */
};

#endif
