/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Serves the sources of an sd-event loop that is one member of an epoll set. */
#ifndef AUDITFAIL_EVENTS_H
#define AUDITFAIL_EVENTS_H

#include <stdbool.h>
#include <systemd/sd-event.h>

struct events {
        sd_event *event;
        bool failing; /* memory ran out: call events_run() again soon */
};

/*
 * Dispatches the sources that are due, if the loop is armed, and arms it for the next wait for its descriptor. Returns
 * 0, or a negative errno that ends the loop. Lack of memory does not end the loop: the event stays, and one line is
 * logged.
 */
int events_run(struct events *events);

#endif
