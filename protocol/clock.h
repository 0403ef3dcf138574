/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The time in microseconds, as in sd-event and the protocol, and in milliseconds, as for poll(). Async-signal-safe. */
#ifndef AUDITFAIL_CLOCK_H
#define AUDITFAIL_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_usec(clockid_t clock) {
        struct timespec t;

        clock_gettime(clock, &t);
        return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static inline uint64_t realtime_usec(void) {
        return clock_usec(CLOCK_REALTIME);
}

static inline uint64_t monotonic_usec(void) {
        return clock_usec(CLOCK_MONOTONIC);
}

static inline int64_t monotonic_ms(void) {
        return (int64_t)(monotonic_usec() / 1000);
}

#endif
