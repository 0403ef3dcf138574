/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/admission.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "daemon/common/log.h"
#include "daemon/controld/worker.h"
#include "protocol/clock.h"
#include "protocol/message_ids.h"

#define REFUSAL_USEC 10000000ULL /* for writing one record */

struct identity *admission_identity(const struct connection *connection) {
        return connection->data;
}

static void on_recorded(const struct worker_message *message, void *data) {
        (void)data;
        if (message->failure != FAILURE_NONE)
                log_line(LOG_ERR, "A refusal could not be put on record: %s", message->detail);
}

bool record_refusal(struct controld *controld, const struct caller *caller, bool identified, enum operation operation,
                    const char *why, const char *reason) {
        struct task task = {
                .operation = OPERATION_REFUSAL,
                .refused = operation,
                .caller = *caller,
                .identified = identified,
                .why = why,
                .deadline_usec = monotonic_usec() + REFUSAL_USEC,
        };
        struct worker *worker;
        uint64_t suppressed;
        int r;

        if (!ratelimit_allow(controld->refusals, "refused", caller->uid, monotonic_usec(), &suppressed))
                return false;
        log_event(LOG_WARNING, AUDITFAIL_MESSAGE_REQUEST_REFUSED_STR,
                  "Refused (%s): %s. Asked by uid %u, auid %d, session %d, pid %d (%s); %" PRIu64
                  " refusals are not shown",
                  operation_word(operation), why, caller->uid, (int)caller->auid, (int)caller->session, caller->pid,
                  caller->program, suppressed);
        if (!controld->trail)
                return true;
        if (reason)
                strncpy(task.reason, reason, sizeof(task.reason) - 1);
        if ((r = request_id(task.id)) == 0)
                r = worker_start(controld->event, &task, on_recorded, NULL, &worker);
        if (r < 0)
                log_line(LOG_ERR, "A refusal could not be put on record: %s", strerror(-r));
        return true;
}

void admission_mismatch(struct connection *connection, struct controld *controld, enum operation operation,
                        enum mismatch mismatch, pid_t sender) {
        const struct identity *identity = admission_identity(connection);
        struct json_writer *w;

        connection->oneway = false;
        w = connection_error(connection, "io.auditfail.Control.NotIdentified");
        json_string(w, "reason", mismatch_text(mismatch));
        connection_send(connection, false);
        if (record_refusal(controld, &identity->caller, false, operation, mismatch_word(mismatch), NULL) &&
            sender > 0 && sender != identity->caller.pid)
                log_line(LOG_WARNING, "Bytes of process %d came over a connection of process %d", sender,
                         identity->caller.pid);
        connection_refuse(connection);
}

/* The folder is root's and of the daemon's group, since both daemons have their sockets there (auditfail.conf of
 * tmpfiles.d). */
bool admission_is_auditfaild(const struct connection *connection) {
        struct sockaddr_un address = { 0 };
        socklen_t length = sizeof(address) - 1;
        struct stat folder;

        if (getsockname(connection->fd, (struct sockaddr *)&address, &length) < 0)
                return false;

        char *slash = strrchr(address.sun_path, '/');

        if (!slash)
                return false;
        *slash = 0;
        return stat(address.sun_path, &folder) == 0 && folder.st_uid == 0 && folder.st_gid != 0 &&
               folder.st_gid == admission_identity(connection)->caller.gid;
}

bool admission_denies(struct connection *connection, const struct controld *controld, bool for_auditfaild) {
        bool allowed =
                admission_identity(connection)->caller.uid == 0 ||
                (for_auditfaild ? admission_is_auditfaild(connection) : authority_has_polkit(controld->authority));

        if (allowed)
                return false;
        json_string(connection_error(connection, "io.auditfail.Control.PermissionDenied"), "reason",
                    for_auditfaild ? "only root and auditfaild may" : "only root may, since there is no polkit here");
        connection_send(connection, false);
        return true;
}

static void admit(struct connection *connection, void *context) {
        struct controld *controld = context;
        struct identity *identity = malloc(sizeof(*identity));
        enum mismatch mismatch;

        if (!identity) {
                log_line(LOG_ERR, "Out of memory: a caller is hung up on");
                connection_refuse(connection);
                return;
        }
        connection->data = identity;
        mismatch = identity_begin(connection->fd, identity);
        if (mismatch != MISMATCH_NONE) {
                admission_mismatch(connection, controld, OPERATION_REFUSAL, mismatch, 0);
                return;
        }
        if (identity->caller.uid == 0 || authority_has_polkit(controld->authority) ||
            admission_is_auditfaild(connection))
                return;
        json_string(connection_error(connection, "io.auditfail.Control.PermissionDenied"), "reason",
                    "only root may, since there is no polkit here to ask about others");
        connection_send(connection, false);
        record_refusal(controld, &identity->caller, false, OPERATION_REFUSAL, "root", NULL);
        connection_refuse(connection);
}

static ssize_t receive(struct connection *connection, void *context, void *buffer, size_t size) {
        pid_t sender = 0;
        ssize_t count;
        enum mismatch mismatch =
                identity_receive(admission_identity(connection), connection->fd, buffer, size, &count, &sender);

        if (mismatch == MISMATCH_NONE) {
                errno = count < 0 ? (int)-count : 0;
                return count < 0 ? -1 : count;
        }
        admission_mismatch(connection, context, OPERATION_REFUSAL, mismatch, sender);
        errno = EPERM;
        return -1;
}

static void release(struct connection *connection) {
        if (connection->data)
                identity_end(connection->data);
        free(connection->data);
}

const struct connection_hooks admission_hooks = { .admit = admit, .receive = receive, .release = release };
