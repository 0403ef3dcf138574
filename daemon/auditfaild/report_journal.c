/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/auditfaild/report_journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syslog.h>
#include <sys/un.h>

#include "protocol/cleanup.h"
#include "protocol/message_ids.h"

#define JOURNAL_MESSAGE "MESSAGE="

static void put_escaped(FILE *stream, const char *text) {
        for (const unsigned char *c = (const unsigned char *)text; *c; c++)
                if (*c < 0x20 || *c > 0x7e || *c == '\\')
                        fprintf(stream, "\\x%02x", *c);
                else
                        putc(*c, stream);
}

/* "passwd (pid 123, uid 0, auid 1000)" */
static void put_program(FILE *stream, const struct decision *decision) {
        const struct peer *peer = &decision->peer;

        fprintf(stream, "%s (", decision->application);
        if (peer->program[0] && strcmp(peer->program, decision->application) != 0)
                fprintf(stream, "program %s, ", peer->program);
        if (peer->pid > 0)
                fprintf(stream, "pid %d, ", peer->pid);
        fprintf(stream, "uid %u", peer->uid);
        if (peer->auid != PEER_UNSET)
                fprintf(stream, ", auid %" PRIu32, peer->auid);
        fputs(")", stream);
}

/* " (ADD_USER, audit_log_acct_message: EPERM)", as far as it is known. */
static void put_failure(FILE *stream, const struct decision *decision) {
        const char *record = decision->record, *operation = decision->operation;
        const char *why = decision->error != 0 ? strerrorname_np(decision->error) : kind_name(decision->kind);
        char number[32];

        if (decision->error != 0 && !why) {
                snprintf(number, sizeof(number), "errno %d", decision->error);
                why = number;
        }
        if (!record[0] && !operation[0] && !why)
                return;
        fputs(" (", stream);
        put_escaped(stream, record);
        fputs(record[0] && operation[0] ? ", " : "", stream);
        put_escaped(stream, operation);
        fprintf(stream, "%s%s)", (record[0] || operation[0]) && why ? ": " : "", why ? why : "");
}

/* ": told to terminate by /etc/auditfail/passwd.conf:2" */
static void put_answer(FILE *stream, const struct decision *decision) {
        static const char *const told[ACTION_COUNT] = {
                [AUDITFAIL_IGNORE] = "ignore it",
                [AUDITFAIL_LOG] = "log it and go on",
                [AUDITFAIL_TERMINATE] = "terminate",
        };

        fprintf(stream, ": told to %s", told[decision->action]);
        if (!decision->file[0]) {
                fputs(", since there is no policy", stream);
                return;
        }
        fputs(decision->line > 0 ? " by " : ", since ", stream);
        put_escaped(stream, decision->file);
        if (decision->line > 0)
                fprintf(stream, ":%" PRIu32, decision->line);
        else
                fputs(" could not be used", stream);
}

static void put_message(FILE *stream, const struct decision *decision) {
        put_program(stream, decision);
        fputs(" could not write to the audit trail", stream);
        put_failure(stream, decision);
        put_answer(stream, decision);
        if (decision->suppressed > 0)
                fprintf(stream, "; left out before this one: %" PRIu64, decision->suppressed);
}

/* Each field is a line: put_escaped() leaves no newline. */
static void put_text(FILE *stream, const char *name, const char *value) {
        if (!value || !value[0])
                return;
        fprintf(stream, "%s=", name);
        put_escaped(stream, value);
        putc('\n', stream);
}

static void put_number(FILE *stream, const char *name, uint64_t value) {
        fprintf(stream, "%s=%" PRIu64 "\n", name, value);
}

static void put_peer(FILE *stream, const struct peer *peer, const struct peer_origin *origin) {
        if (peer->pid > 0)
                put_number(stream, "AUDITFAIL_PID", (uint64_t)peer->pid);
        put_number(stream, "AUDITFAIL_UID", peer->uid);
        if (peer->auid != PEER_UNSET)
                put_number(stream, "AUDITFAIL_AUID", peer->auid);
        if (peer->session != PEER_UNSET)
                put_number(stream, "AUDITFAIL_SESSION", peer->session);
        put_text(stream, "AUDITFAIL_PROGRAM", peer->program);
        put_text(stream, "AUDITFAIL_UNIT", origin->unit);
        put_text(stream, "AUDITFAIL_EXE", origin->exe);
}

static void put_entry(FILE *stream, const struct decision *decision) {
        static const int priority[ACTION_COUNT] = {
                [AUDITFAIL_IGNORE] = LOG_INFO,
                [AUDITFAIL_LOG] = LOG_WARNING,
                [AUDITFAIL_TERMINATE] = LOG_ERR,
        };

        fputs(JOURNAL_MESSAGE, stream);
        put_message(stream, decision);
        putc('\n', stream);
        put_text(stream, "MESSAGE_ID", AUDITFAIL_MESSAGE_DECISION_STR);
        put_number(stream, "PRIORITY", (uint64_t)priority[decision->action]);
        put_text(stream, "SYSLOG_IDENTIFIER", "auditfaild");
        put_text(stream, "AUDITFAIL_APPLICATION", decision->application);
        put_text(stream, "AUDITFAIL_ACTION", action_name(decision->action));
        put_text(stream, "AUDITFAIL_KIND", kind_name(decision->kind));
        if (decision->error != 0)
                put_number(stream, "AUDITFAIL_ERRNO", (uint64_t)decision->error);
        put_text(stream, "AUDITFAIL_OPERATION", decision->operation);
        put_text(stream, "AUDITFAIL_RECORD", decision->record);
        put_text(stream, "AUDITFAIL_FILE", decision->file);
        if (decision->line > 0)
                put_number(stream, "AUDITFAIL_LINE", decision->line);
        put_peer(stream, &decision->peer, &decision->origin);
        put_number(stream, "AUDITFAIL_SUPPRESSED", decision->suppressed);
}

char *journal_entry(const struct decision *decision) {
        size_t length;
        cleanup(cleanup_free) char *text = NULL;
        FILE *stream = open_memstream(&text, &length);

        if (!stream)
                return NULL;
        put_entry(stream, decision);

        bool failed = ferror(stream);

        return fclose(stream) != 0 || failed ? NULL : TAKE_PTR(text);
}

/* Not by sd_journal_sendv(), which reports success even if there is no journald. */
static bool send_entry(const char *entry) {
        const struct sockaddr_un journal = { .sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket" };
        cleanup(cleanup_fd) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        return fd >= 0 &&
               sendto(fd, entry, strlen(entry), MSG_NOSIGNAL, (const struct sockaddr *)&journal, sizeof(journal)) >= 0;
}

void journal_write(const struct decision *decision, bool journal) {
        cleanup(cleanup_free) char *entry = journal_entry(decision);

        if (!entry)
                fprintf(stderr, "auditfaild: no memory to report a decision on %s\n", decision->application);
        else if (!journal || !send_entry(entry))
                fprintf(stderr, "auditfaild: %.*s\n", (int)strcspn(entry, "\n") - (int)strlen(JOURNAL_MESSAGE),
                        entry + strlen(JOURNAL_MESSAGE));
}
