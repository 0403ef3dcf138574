/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/request_record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libaudit.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/common/audit_text.h"
#include "protocol/cleanup.h"

#define RECORD_TYPE "TRUSTED_APP" /* AUDIT_TRUSTED_APP, as auditd writes it */

static const char *const answer_words[] = {
        [ANSWER_GRANTED] = "granted",
        [ANSWER_FORCED] = "forced",
        [ANSWER_REFUSED] = "refused",
};

int request_id(char ret[static REQUEST_ID_LENGTH + 1]) {
        uint64_t number;

        if (getrandom(&number, sizeof(number), 0) < 0)
                return -errno;
        snprintf(ret, REQUEST_ID_LENGTH + 1, "%016" PRIx64, number);
        return 0;
}

char *request_message(const struct request_record *record) {
        const struct caller *caller = record->caller;
        size_t length;
        cleanup(cleanup_free) char *message = NULL;
        FILE *stream = open_memstream(&message, &length);

        if (!stream)
                return NULL;
        fprintf(stream, "op=auditd-%s answer=%s", record->operation, answer_words[record->answer]);
        if (record->why && *record->why)
                audit_text(stream, "why", record->why);
        audit_text(stream, "request", record->id);
        /* "o" is for another process, the caller. Not ouid: ausearch -ui takes a record with it for damaged. */
        audit_number(stream, "opid", caller->peer.pid > 0, (uint64_t)caller->peer.pid);
        fprintf(stream, " oauid=%" PRIu32 " uid=%u", caller->peer.auid, caller->peer.uid);
        audit_number(stream, "oses", caller->peer.session != PEER_UNSET, caller->peer.session);
        /* Not "obj": auparse would not decode quotes and hexadecimal in it (audit 3.1 and later). */
        audit_text(stream, "olabel", caller->label);
        /* Texts of callers come last: ausearch -i shows them without quotes, so that they look like further fields. */
        audit_text(stream, "ocomm", caller->peer.program);
        audit_text(stream, "reason", record->reason);

        bool failed = ferror(stream);

        return fclose(stream) != 0 || failed ? NULL : TAKE_PTR(message);
}

int adopt_login(const char *proc, uint32_t auid) {
        char path[PATH_MAX];
        cleanup(cleanup_fd) int fd = -1;

        if (auid == PEER_UNSET)
                return 0;
        if (snprintf(path, sizeof(path), "%s/self/loginuid", proc) >= (int)sizeof(path))
                return -ENAMETOOLONG;
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        return dprintf(fd, "%" PRIu32, auid) < 0 ? -errno : 0;
}

int request_record_write(const struct request_record *record) {
        /* libaudit writes it without quotes. For NULL it would write the terminal of this process. */
        const char *terminal = audit_text_is_plain(record->caller->terminal) ? record->caller->terminal : "";
        cleanup(cleanup_free) char *message = NULL;
        int fd, result, cause;

        if (audit_text_length(record->reason) > REASON_TEXT_MAX)
                return -EMSGSIZE;
        message = request_message(record);
        if (!message)
                return -ENOMEM;
        set_aumessage_mode(MSG_QUIET, DBG_NO); /* libaudit would write to syslog */
        fd = audit_open();
        if (fd < 0)
                return -errno;
        errno = 0;
        result = audit_log_user_message(fd, AUDIT_TRUSTED_APP, message, NULL, NULL, terminal,
                                        record->answer != ANSWER_REFUSED);
        cause = errno;
        audit_close(fd);
        if (result > 0)
                return 0;
        /* 0 is a failure as well: libaudit returns it for EPERM and ECONNREFUSED. */
        return result < 0 ? result : cause > 0 ? -cause : -EPERM;
}

bool request_record_matches(const struct log_record *record, const char *id, pid_t pid, uint32_t auid) {
        char request[REQUEST_ID_LENGTH + sizeof(" request=\"\" ")];
        const char *message;
        uint64_t number;

        if (record->type_length != strlen(RECORD_TYPE) || memcmp(record->type, RECORD_TYPE, record->type_length) != 0)
                return false;
        if (!log_record_number(record, "pid", &number) || number != (uint64_t)pid)
                return false;
        if (!log_record_number(record, "auid", &number) || number != auid)
                return false;
        message = strstr(record->body, " msg='");
        snprintf(request, sizeof(request), " request=\"%s\" ", id);
        return message && strstr(message, request);
}
