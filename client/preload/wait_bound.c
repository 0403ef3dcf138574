/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/preload/wait_bound.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "client/libauditfail/self.h"
#include "client/libauditfail/snapshot_read.h"
#include "client/preload/libaudit_next.h"
#include "client/preload/this_program.h"
#include "protocol/audit/send_aside.h"
#include "protocol/clock.h"

#define ACKNOWLEDGED_MS 1000 /* for the acknowledgement, which the kernel sends before it makes a sender wait */

/* Each thread has its own, so there is no lock that a fork() could find taken. */
static _Thread_local struct {
        int64_t looked_up_ms; /* 0: never */
        unsigned bound_ms;    /* 0: none */
        int64_t full_till;    /* the queue was full: do not try it before this time */
        bool armed, waits;
        int fd;
} bound __attribute__((tls_model("initial-exec")));

static __typeof__(&sendto) _Atomic next_sendto;

/* Before the program runs: a child of send_aside.h must not search. */
__attribute__((constructor)) static void find_next_sendto(void) {
        next_sendto = LIBC_NEXT(sendto);
}

/*
 * libaudit sends with this function. It then reads the acknowledgement itself, so that its result is the same in both
 * ways.
 */
__attribute__((visibility("default"))) ssize_t sendto(int fd, const void *buf, size_t n, int flags,
                                                      const struct sockaddr *addr, socklen_t addr_len) {
        if (!next_sendto)
                find_next_sendto();
        if (bound.armed && fd == bound.fd) {
                bound.armed = false; /* for the child, too */
                int r = audit_send_aside(fd, buf, n, ACKNOWLEDGED_MS, &bound.waits);
                if (r == 0)
                        return (ssize_t)n;
                if (r != -ECHILD) {
                        errno = -r;
                        return -1;
                }
        }
        return next_sendto(fd, buf, n, flags, addr, addr_len);
}

static unsigned look_up(void) {
        char application[APPLICATION_NAME_MAX + 1];

        if (this_program_is_left_alone())
                return 0;
        this_program_application(application);
        return 1000 * snapshot_wait(self_get()->folder, application, strlen(application));
}

static bool is_reached(void) {
        int64_t now = monotonic_ms();

        if (bound.looked_up_ms == 0 || now - bound.looked_up_ms >= WAIT_BOUND_FRESH_MS) {
                bound.bound_ms = look_up();
                bound.looked_up_ms = now;
        }
        if (bound.bound_ms == 0)
                return false;
        if (now < bound.full_till)
                return true;
        if (audit_queue_has_room(bound.bound_ms))
                return false;
        bound.full_till = monotonic_ms() + WAIT_BOUND_FRESH_MS;
        return true;
}

bool wait_bound_is_reached(void) {
        int saved = errno;
        bool r = is_reached();

        errno = saved;
        return r;
}

void wait_bound_begin(int fd) {
        bound.armed = true;
        bound.waits = false;
        bound.fd = fd;
}

bool wait_bound_end(void) {
        bound.armed = false;
        if (!bound.waits)
                bound.full_till = 0;
        return bound.waits;
}
