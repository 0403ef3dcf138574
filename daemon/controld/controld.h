/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of auditfail-controld, which its methods read and change. */
#ifndef AUDITFAIL_CONTROLD_H
#define AUDITFAIL_CONTROLD_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "daemon/common/ratelimit.h"
#include "daemon/controld/caller/authority.h"
#include "daemon/controld/unfinished.h"
#include "daemon/server/server.h"

#define REQUEST_BURST 20 /* of requests, and of recorded refusals, of one user in RATELIMIT_INTERVAL_USEC */

struct request;

struct controld {
        sd_event *event;
        struct server *server;
        struct authority *authority;
        struct ratelimit *requests; /* limits the requests of each user */
        struct ratelimit *refusals; /* limits the recorded refusals of each user */
        struct request *active;     /* the one that a worker carries out; NULL: none */
        struct unfinished *unfinished;
        bool trail;  /* false: --no-trail */
        bool ending; /* takes no new request */
};

#endif
