/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/refusal_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/common/log.h"
#include "daemon/controld/worker.h"
#include "protocol/clock.h"
#include "protocol/message_ids.h"

#define RECORD_USEC 10000000ULL /* for one record */

static void on_message(const struct worker_message *message, void *data) {
        (void)data;
        if (message->failure != FAILURE_NONE)
                log_line(LOG_ERR, "Cannot record a refusal in the audit trail: %s", message->detail);
}

/* Starts a worker that records that TASK, which has its id, was refused: WHY. */
static void start(struct controld *controld, struct task *task, const char *why) {
        struct worker *worker;
        int r;

        task->refused = task->operation;
        task->operation = OPERATION_REFUSAL;
        task->deadline_usec = monotonic_usec() + RECORD_USEC;
        task->stage = NULL;
        snprintf(task->why, sizeof(task->why), "%s", why);
        if ((r = worker_start(controld->event, task, on_message, NULL, &worker)) < 0)
                log_line(LOG_ERR, "Cannot record a refusal in the audit trail: %s", strerror(-r));
        server_event_changed(controld->server);
}

bool refusal_record(struct controld *controld, const struct task *refused, const char *why) {
        const struct caller *caller = &refused->caller;
        struct task task = *refused;
        uint64_t suppressed;
        int r;

        if (!ratelimit_allow(controld->refusals, "refused", caller->peer.uid, monotonic_usec(), &suppressed))
                return false;
        log_event(LOG_WARNING, AUDITFAIL_MESSAGE_REQUEST_REFUSED_STR,
                  "Refused (%s): %s. Asked by uid %u, auid %d, session %d, pid %d (%s); %" PRIu64
                  " refusals are not shown",
                  operation_word(refused->operation), why, caller->peer.uid, (int)caller->peer.auid,
                  (int)caller->peer.session, caller->peer.pid, caller->peer.program, suppressed);
        if (!controld->trail)
                return true;
        if ((r = request_id(task.id)) < 0)
                log_line(LOG_ERR, "Cannot record a refusal in the audit trail: %s", strerror(-r));
        else
                start(controld, &task, why);
        return true;
}

void refusal_record_lost(struct controld *controld, const struct task *lost) {
        struct task task = *lost;

        start(controld, &task, request_failure_word(FAILURE_FAILED));
}
