/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/preload/drop_check.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "auditfail.h"
#include "client/libauditfail/check.h"
#include "client/preload/this_program.h"
#include "protocol/audit/probe.h"
#include "protocol/vocabulary.h"

/* What this thread found last. Threads do not share it, so that nothing has to be locked across a fork(). */
static _Thread_local struct {
        struct check found;
        unsigned type;          /* that auditfaild was asked about */
        int64_t found_ms;       /* 0: never */
        int64_t no_daemon_till; /* it did not answer */
} watch __attribute__((tls_model("initial-exec")));

static int64_t now_ms(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static void look(unsigned type, int probed, unsigned timeout_ms) {
        int64_t now = now_ms();

        if (now < watch.no_daemon_till)
                timeout_ms = 0;
        check_all(type, probed, timeout_ms, &watch.found);
        if (timeout_ms > 0 && watch.found.source == CHECK_NONE)
                watch.no_daemon_till = now + WATCH_PAUSE_MS;
        watch.type = type;
        watch.found_ms = now;
}

static bool is_fresh(unsigned type) {
        int64_t now = now_ms();

        if (watch.found_ms == 0 || now - watch.found_ms >= WATCH_FRESH_MS)
                return false;
        switch (watch.found.source) {
        case CHECK_DAEMON:
                return watch.type == type;
        case CHECK_NONE:
                return now < watch.no_daemon_till;
        case CHECK_REFUSED:
        case CHECK_KERNEL:
        default:
                return true;
        }
}

/* auditfaild is not asked here: most programs would ask for nothing. */
int watch_open(int fd) {
        int probed = fd < 0 ? audit_probe_new() : audit_probe(fd);

        look(0, probed, 0);
        return watch.found.error;
}

/* auditfaild itself is left alone: it would wait for its own answer. */
void watch_before(unsigned type) {
        if (!is_fresh(type))
                look(type, audit_probe_new(), this_program_is_left_alone() ? 0 : WATCH_TIMEOUT_MS);
}

static bool has_lost(uint64_t before, uint64_t after) {
        return before != AUDITFAIL_LOST_UNKNOWN && after != AUDITFAIL_LOST_UNKNOWN && before != after;
}

int watch_after(unsigned type) {
        uint64_t before = watch.found.lost;

        if (watch.found_ms == 0)
                return 0;
        if (watch.found.source == CHECK_KERNEL)
                check_again(&watch.found.enabled, &watch.found.lost);
        else if (watch.found.source == CHECK_DAEMON && watch.found.pressed)
                look(type, audit_probe_new(), WATCH_TIMEOUT_MS);
        if (!watch.found.enabled)
                return audit_type_needs_enabled(type) ? ERROR_DISABLED : 0;
        if (watch.found.source == CHECK_KERNEL && audit_filter_drops(&watch.found.dropped, type))
                return ERROR_EXCLUDED;
        if (watch.found.source == CHECK_DAEMON && watch.type == type && watch.found.error != 0)
                return watch.found.error;
        return has_lost(before, watch.found.lost) ? ERROR_LOST : 0;
}
