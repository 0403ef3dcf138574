/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/auditfaild/report_trail.h"

#include <errno.h>
#include <inttypes.h>
#include <libaudit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/common/audit_text.h"
#include "daemon/common/log.h"
#include "protocol/audit/probe.h"
#include "protocol/cleanup.h"
#include "protocol/message_ids.h"

char *trail_message(const struct decision *decision) {
        const struct peer *peer = &decision->peer;
        size_t length;
        cleanup(cleanup_free) char *message = NULL;
        FILE *stream = open_memstream(&message, &length);

        if (!stream)
                return NULL;
        fputs("op=audit-failure", stream);
        audit_text(stream, "application", decision->application);
        audit_text(stream, "operation", decision->operation);
        audit_text(stream, "lost", decision->record); /* "type" is taken: this record's own */
        if (decision->error != 0)
                fprintf(stream, " exit=%d", -decision->error);
        fprintf(stream, " kind=%s", decision->kind == KIND_NONE ? "?" : kind_name(decision->kind));
        fprintf(stream, " answer=%s", action_name(decision->action)); /* "action" is a firewall's to auparse */
        audit_text(stream, "file", decision->file);
        audit_number(stream, "line", decision->line > 0, decision->line);
        /* "o" is for another process. Not ouid: ausearch -ui takes a record with it for damaged. */
        audit_number(stream, "opid", peer->pid > 0, (uint64_t)peer->pid);
        fprintf(stream, " oauid=%" PRIu32 " uid=%u", peer->auid, peer->uid);
        audit_number(stream, "oses", peer->session != PEER_UNSET, peer->session);
        audit_text(stream, "ocomm", peer->program);
        audit_text(stream, "unit", decision->origin.unit);
        audit_number(stream, "suppressed", true, decision->suppressed);

        bool failed = ferror(stream);

        return fclose(stream) != 0 || failed ? NULL : TAKE_PTR(message);
}

void trail_close(struct trail *trail) {
        if (trail->fd >= 0)
                audit_close(trail->fd);
        trail->fd = -1;
}

bool trail_works(const struct trail *trail) {
        return atomic_load(&trail->works);
}

/* Notes the result of an attempt: 0 or its errno. Logs a change. */
static void trail_result(struct trail *trail, int cause) {
        atomic_store(&trail->works, cause == 0);
        if (cause == 0) {
                if (trail->told)
                        log_line(LOG_NOTICE,
                                 "The audit trail takes records again; %" PRIu64 " were not written before.",
                                 trail->lost);
                trail->told = false;
                trail->lost = 0;
                return;
        }

        /* Close it: the kernel's late answer to this record would be taken for the answer to the next one. */
        trail_close(trail);
        if (trail->told)
                return;
        trail->told = true;
        errno = cause;
        log_event(LOG_WARNING, AUDITFAIL_MESSAGE_NO_TRAIL_STR,
                  "Cannot write to the audit trail (%m): decisions are reported in the log alone.");
}

void trail_probe(struct trail *trail) {
        int r = audit_probe_new();

        set_aumessage_mode(MSG_QUIET, DBG_NO);              /* else libaudit writes to syslog */
        trail_result(trail, r == -ERROR_DISABLED ? 0 : -r); /* the kernel takes records while auditing is off, too */
}

/* Returns 0 or an errno. */
static int trail_send(struct trail *trail, const struct decision *decision) {
        cleanup(cleanup_free) char *message = trail_message(decision);

        if (!message)
                return ENOMEM;
        if (trail->fd < 0)
                trail->fd = audit_open();
        if (trail->fd < 0)
                return errno;
        errno = 0;

        /* 0 is a failure, too: libaudit hides EPERM and ECONNREFUSED from its callers. */
        int result = audit_log_user_message(trail->fd, AUDIT_TRUSTED_APP, message, NULL, NULL, "", 0);

        if (result > 0)
                return 0;
        return result < 0 ? -result : errno != 0 ? errno : EPERM;
}

void trail_write(struct trail *trail, const struct decision *decision) {
        int cause = trail_send(trail, decision);

        if (cause != 0)
                trail->lost++;
        trail_result(trail, cause);
}
