/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/preload/drop_check.h"

#include <stdbool.h>
#include <stdint.h>

#include "auditfail.h"
#include "client/libauditfail/check.h"
#include "client/preload/this_program.h"
#include "protocol/clock.h"
#include "protocol/vocabulary.h"

/* The last result of this thread. Threads share no results, so there is no lock that a fork() could find taken. */
static _Thread_local struct {
        struct check found;
        unsigned type;          /* auditfaild was asked about this type */
        int64_t found_ms;       /* 0: never */
        int64_t no_daemon_till; /* auditfaild did not answer: do not ask it before this time */
        int64_t full_till;      /* the kernel's queue was full: do not ask the kernel before this time */
        int64_t sent_ms;        /* when the record was about to be sent */
} last __attribute__((tls_model("initial-exec")));

static void look(unsigned type, int fd, unsigned timeout_ms) {
        int64_t now = monotonic_ms();

        if (now < last.no_daemon_till)
                timeout_ms = 0;
        check_all(type, fd, timeout_ms, &last.found);
        if (last.found.slow)
                last.full_till = monotonic_ms() + DROP_CHECK_FULL_MS;
        else if (timeout_ms > 0 && last.found.source == CHECK_NONE)
                last.no_daemon_till = now + DROP_CHECK_PAUSE_MS;
        last.type = type;
        last.found_ms = now;
}

static bool is_fresh(unsigned type) {
        int64_t now = monotonic_ms();

        if (now < last.full_till)
                return true;
        if (last.found_ms == 0 || now - last.found_ms >= DROP_CHECK_FRESH_MS)
                return false;
        switch (last.found.source) {
        case CHECK_DAEMON:
                return last.type == type;
        case CHECK_NONE:
                return now < last.no_daemon_till;
        case CHECK_REFUSED:
        case CHECK_KERNEL:
        default:
                return true;
        }
}

/* Does not ask auditfaild: most programs never send a record. */
int drop_check_open(int fd) {
        look(0, fd, 0);
        return last.found.error;
}

/* auditfaild must not wait for its own answer. */
void drop_check_before(unsigned type) {
        if (!is_fresh(type))
                look(type, -1, this_program_is_left_alone() ? 0 : DROP_CHECK_TIMEOUT_MS);
        last.sent_ms = monotonic_ms();
}

static bool has_lost(uint64_t before, uint64_t after) {
        return before != AUDITFAIL_LOST_UNKNOWN && after != AUDITFAIL_LOST_UNKNOWN && before != after;
}

/* Whether this record or a recent one had to wait: then the kernel has it. A question would wait again. */
static bool has_waited(void) {
        int64_t now = monotonic_ms();

        if (now - last.sent_ms >= CHECK_SLOW_MS)
                last.full_till = now + DROP_CHECK_FULL_MS;
        return now < last.full_till;
}

int drop_check_after(unsigned type) {
        uint64_t before = last.found.lost;

        if (last.found_ms == 0 || has_waited())
                return 0;
        if (last.found.source == CHECK_KERNEL)
                check_again(&last.found.enabled, &last.found.lost);
        else if (last.found.source == CHECK_DAEMON && last.found.pressed)
                look(type, -1, DROP_CHECK_TIMEOUT_MS);
        if (!last.found.enabled)
                return audit_type_needs_enabled(type) ? ERROR_DISABLED : 0;
        if (last.found.source == CHECK_KERNEL && audit_filter_drops(&last.found.dropped, type))
                return ERROR_EXCLUDED;
        if (last.found.source == CHECK_DAEMON && last.type == type && last.found.error != 0)
                return last.found.error;
        return has_lost(before, last.found.lost) ? ERROR_LOST : 0;
}
