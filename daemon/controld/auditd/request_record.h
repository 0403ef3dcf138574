/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A request to the audit daemon as an audit record of type TRUSTED_APP: auditfail-controld(8) lists the fields.
 *
 * The kernel begins each record with pid, uid, auid and ses of the process that writes it. A worker adopts the caller's
 * auid, so that `ausearch -ul PERSON` finds the record. The caller's pid, session and so on are fields of the message.
 */
#ifndef AUDITFAIL_REQUEST_RECORD_H
#define AUDITFAIL_REQUEST_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/controld/auditd/log_watch.h"
#include "daemon/controld/caller/caller.h"

/*
 * Characters of a reason in its record (audit_text_length()). The longest record stays well below the limit of libaudit
 * and the kernel (AUDIT_MESSAGE_TEXT_MAX), which would cut off its end, the result.
 */
#define REASON_TEXT_MAX   4096
#define REQUEST_ID_LENGTH 16 /* hexadecimal digits */

enum answer { ANSWER_GRANTED, ANSWER_FORCED, ANSWER_REFUSED };

struct request_record {
        const char *operation;          /* "stop", "restart", "reload", ...; the record has op=auditd-stop */
        char id[REQUEST_ID_LENGTH + 1]; /* of the request: the same in each of its records */
        enum answer answer;             /* REFUSED has res=failed */
        const char *why;                /* of a refusal, or what was forced: a word; NULL or "": none */
        const char *reason;             /* the caller's; NULL or "": none */
        const struct caller *caller;
};

/* A new id, from getrandom(2). Returns 0 or a negative errno. */
int request_id(char ret[static REQUEST_ID_LENGTH + 1]);

/*
 * The message of the record, without the fields that libaudit and the kernel add. Caller frees; NULL: out of memory.
 *
 * No text of a caller can end its field, for any tool that reads the trail.
 */
char *request_message(const struct request_record *record);

/*
 * Makes AUID the login of this process, for good; PEER_UNSET changes nothing. Returns 0 or a negative errno. PROC is
 * "/proc"; tests have another.
 */
int adopt_login(const char *proc, uint32_t auid);

/*
 * Writes the record. May block as long as the kernel blocks senders (a minute if its queue is full), so that only a
 * process that can be killed calls it. Returns 0 or a negative errno; -EMSGSIZE for a reason over REASON_TEXT_MAX.
 */
int request_record_write(const struct request_record *record);

/*
 * Whether RECORD of auditd's log is the one that process PID with login AUID wrote for the request ID. pid and auid are
 * compared in the kernel's part of the record, which no process can forge.
 */
bool request_record_matches(const struct log_record *record, const char *id, pid_t pid, uint32_t auid);

#endif
