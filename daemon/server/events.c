/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/server/events.h"

#include <errno.h>

#include "daemon/common/log.h"

/* Dispatches sources that are due, and arms the timers (sd_event_prepare(3)): before each wait for its descriptor. */
static int prepare(sd_event *event) {
        int r;

        while (sd_event_get_state(event) == SD_EVENT_INITIAL) {
                if ((r = sd_event_prepare(event)) <= 0)
                        return r;
                if ((r = sd_event_dispatch(event)) < 0)
                        return r;
        }
        return 0;
}

/* A call that fails leaves the loop in its initial state, so that the next one begins with prepare(). */
static int run(sd_event *event) {
        int r = 0;

        if (sd_event_get_state(event) == SD_EVENT_ARMED && (r = sd_event_wait(event, 0)) > 0)
                r = sd_event_dispatch(event);
        return r < 0 ? r : prepare(event);
}

int events_run(struct events *events) {
        int r = run(events->event);
        bool failing = r == -ENOMEM;

        if (failing && !events->failing)
                log_line(LOG_ERR, "Cannot serve an event: out of memory. Trying again");
        events->failing = failing;
        return failing ? 0 : r;
}
