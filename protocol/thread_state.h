/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For functions that run inside other programs: keeps errno, and disables cancellation, until the end of the scope. A
 * thread that is cancelled in between would leak a descriptor.
 *
 *      cleanup(thread_state_restore) struct thread_state thread = thread_state_keep();
 */
#ifndef AUDITFAIL_THREAD_STATE_H
#define AUDITFAIL_THREAD_STATE_H

#include <errno.h>
#include <pthread.h>

#include "protocol/cleanup.h"

struct thread_state {
        int error, cancelable;
};

static inline struct thread_state thread_state_keep(void) {
        struct thread_state state = { .error = errno };

        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state.cancelable);
        return state;
}

static inline void thread_state_restore(struct thread_state *state) {
        pthread_setcancelstate(state->cancelable, NULL);
        errno = state->error;
}

#endif
