/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/admission.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "daemon/common/log.h"
#include "daemon/controld/control_reply.h"
#include "daemon/controld/refusal_record.h"

struct identity *admission_identity(const struct connection *connection) {
        return connection->data;
}

/* Records that OPERATION was refused to IDENTITY, which is not proven. */
static bool record_refusal(struct controld *controld, const struct identity *identity, enum operation operation,
                           const char *why) {
        return refusal_record(controld, &(struct task){ .operation = operation, .caller = identity->caller }, why);
}

void admission_mismatch(struct connection *connection, struct controld *controld, enum operation operation,
                        enum mismatch mismatch, pid_t sender) {
        const struct identity *identity = admission_identity(connection);
        struct json_writer *w;

        connection->oneway = false;
        w = connection_error(connection, CONTROL_ERROR "NotIdentified");
        json_string(w, "reason", mismatch_text(mismatch));
        connection_send(connection, false);
        if (record_refusal(controld, identity, operation, mismatch_word(mismatch)) && sender > 0 &&
            sender != identity->caller.peer.pid)
                log_line(LOG_WARNING, "Process %d sent bytes over a connection of process %d", sender,
                         identity->caller.peer.pid);
        connection_refuse(connection);
}

/*
 * Whether CONNECTION is auditfaild's: its group is that of the folder with both daemons' sockets, which root owns
 * (tmpfiles.d/auditfail.conf makes it), and not root's group.
 */
static bool is_auditfaild(const struct connection *connection) {
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
               folder.st_gid == admission_identity(connection)->caller.peer.gid;
}

bool admission_denies(struct connection *connection, const struct controld *controld, bool for_auditfaild) {
        bool allowed = admission_identity(connection)->caller.peer.uid == 0 ||
                       (for_auditfaild ? is_auditfaild(connection) : authority_has_polkit(controld->authority));

        if (allowed)
                return false;
        control_reply_denied(connection, for_auditfaild ? "only root and auditfaild may"
                                                        : "only root may, since polkit is not installed");
        return true;
}

static void admit(struct connection *connection, void *context) {
        struct controld *controld = context;
        struct identity *identity = malloc(sizeof(*identity));
        enum mismatch mismatch;

        if (!identity) {
                log_line(LOG_ERR, "Cannot admit a caller: out of memory");
                connection_refuse(connection);
                return;
        }
        connection->data = identity;
        mismatch = identity_begin(connection->fd, identity);
        if (mismatch != MISMATCH_NONE) {
                admission_mismatch(connection, controld, OPERATION_REFUSAL, mismatch, 0);
                return;
        }
        if (identity->caller.peer.uid == 0 || authority_has_polkit(controld->authority) || is_auditfaild(connection))
                return;
        control_reply_denied(connection, "only root may, since polkit is not installed");
        record_refusal(controld, identity, OPERATION_REFUSAL, "root");
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
