/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/preload/loss_log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/libauditfail/kept_fd.h"
#include "client/libauditfail/root.h"
#include "client/preload/loss_text.h"
#include "client/shim/answer_text.h"
#include "protocol/cleanup.h"
#include "protocol/message_ids.h"
#include "protocol/vocabulary.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define ENTRY_MAX      2560

/* A socket connected to the journal, on which send() waits at most a second; or -1. */
static int connect_to_journal(void) {
        const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = JOURNAL_SOCKET };
        const struct timeval limit = { .tv_sec = 1 };
        cleanup(cleanup_fd) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ||
            connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                return -1;
        return TAKE_FD(fd);
}

void loss_log_keep(void) {
        cleanup(cleanup_fd) int fd = kept_fd_get(KEPT_JOURNAL) < 0 ? connect_to_journal() : -1;

        if (fd >= 0)
                kept_fd_keep(KEPT_JOURNAL, fd);
}

/* TEXT is what stderr shows. The journal also says why auditfaild did not answer. */
static size_t write_entry(const struct auditfail_question *question, const struct auditfail_answer *answer,
                          const char *text, char ret[static ENTRY_MAX]) {
        const char *cause = strerrordesc_np(answer->cause);
        char program[64];

        snprintf(program, sizeof(program), "%s", program_invocation_short_name);
        make_printable(program);
        snprintf(ret, ENTRY_MAX,
                 "MESSAGE=%s (auditfaild did not answer: %s)\n"
                 "MESSAGE_ID=" AUDITFAIL_MESSAGE_DECISION_STR "\n"
                 "PRIORITY=%d\n"
                 "SYSLOG_IDENTIFIER=auditfail-preload\n"
                 "AUDITFAIL_APPLICATION=%s\n"
                 "AUDITFAIL_ACTION=%s\n"
                 "AUDITFAIL_OPERATION=%s\n"
                 "AUDITFAIL_PID=%d\n"
                 "AUDITFAIL_UID=%u\n"
                 "AUDITFAIL_PROGRAM=%s\n",
                 text, cause ? cause : "unknown error", answer_priority(answer->action), question->application,
                 action_name(answer->action), question->operation, getpid(), geteuid(), program);
        size_t length = strlen(ret);
        if (question->error != 0)
                length += (size_t)snprintf(ret + length, ENTRY_MAX - length, "AUDITFAIL_KIND=%s\nAUDITFAIL_ERRNO=%d\n",
                                           kind_name(kind_from_errno(question->error)), question->error);
        if (question->record)
                length += (size_t)snprintf(ret + length, ENTRY_MAX - length, "AUDITFAIL_RECORD=%s\n", question->record);
        if (answer->file[0])
                length += (size_t)snprintf(ret + length, ENTRY_MAX - length, "AUDITFAIL_FILE=%s\n", answer->file);
        if (answer->line > 0)
                length += (size_t)snprintf(ret + length, ENTRY_MAX - length, "AUDITFAIL_LINE=%u\n", answer->line);
        return length;
}

bool loss_log_write(const struct auditfail_question *question, const struct auditfail_answer *answer,
                    const char *text) {
        char entry[ENTRY_MAX];
        size_t length = write_entry(question, answer, text, entry);

        cleanup(cleanup_fd) int own = -1;
        int fd = root_is_other() ? kept_fd_get(KEPT_JOURNAL) : (own = connect_to_journal());

        return fd >= 0 && send(fd, entry, length, MSG_NOSIGNAL) >= 0;
}
