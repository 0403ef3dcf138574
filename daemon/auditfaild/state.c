/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/auditfaild/state.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>

void auditfaild_notify(struct auditfaild *daemon, const char *state) {
        sd_notifyf(false,
                   "%sSTATUS=%zu applications, generation %" PRIu64 "%s; %" PRIu64 " queries: %" PRIu64
                   " ignore, %" PRIu64 " log, %" PRIu64 " terminate",
                   state, policy_count(daemon->policy), daemon->generation,
                   daemon->reload_failed ? " (the last reload FAILED: see auditfailctl status)" : "", daemon->queries,
                   daemon->decided[AUDITFAIL_IGNORE], daemon->decided[AUDITFAIL_LOG],
                   daemon->decided[AUDITFAIL_TERMINATE]);
}
