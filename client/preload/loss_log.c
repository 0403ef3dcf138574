/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/preload/loss_log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syslog.h>
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
#define SYSLOG_SOCKET  "/dev/log"
#define IDENTIFIER     "auditfail-preload"
#define ENTRY_MAX      2560

/* A socket that is connected to PATH, and on which a message waits a second at most; or -1. */
static int connect_to(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        const struct timeval limit = { .tv_sec = 1 };
        cleanup(cleanup_fd) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        strcpy(address.sun_path, path);
        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ||
            connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                return -1;
        return TAKE_FD(fd);
}

/* KEPT is what behind chroot() takes the place of PATH. */
static bool send_to(const char *path, enum kept kept, const char *message, size_t length) {
        cleanup(cleanup_fd) int own = -1;
        int fd = root_is_other() ? keep_get(kept) : (own = connect_to(path));

        return fd >= 0 && send(fd, message, length, MSG_NOSIGNAL) >= 0;
}

static bool keep_way_to(const char *path, enum kept which) {
        cleanup(cleanup_fd) int fd = connect_to(path);

        if (fd >= 0)
                keep(which, fd);
        return fd >= 0;
}

void report_keep_way(void) {
        if (keep_get(KEPT_JOURNAL) < 0 && keep_get(KEPT_SYSLOG) < 0 && !keep_way_to(JOURNAL_SOCKET, KEPT_JOURNAL))
                keep_way_to(SYSLOG_SOCKET, KEPT_SYSLOG);
}

/* " (auditfaild did not answer: No such file or directory)" is for who looks into it, not for who runs the program. */
static size_t write_entry(const struct auditfail_question *question, const struct auditfail_answer *answer,
                          const char *sentence, char ret[static ENTRY_MAX]) {
        const char *cause = strerrordesc_np(answer->cause);
        char program[64];

        snprintf(program, sizeof(program), "%s", program_invocation_short_name);
        make_printable(program);
        snprintf(ret, ENTRY_MAX,
                 "MESSAGE=%s (auditfaild did not answer: %s)\n"
                 "MESSAGE_ID=" AUDITFAIL_MESSAGE_DECISION_STR "\n"
                 "PRIORITY=%d\n"
                 "SYSLOG_IDENTIFIER=" IDENTIFIER "\n"
                 "AUDITFAIL_APPLICATION=%s\n"
                 "AUDITFAIL_ACTION=%s\n"
                 "AUDITFAIL_OPERATION=%s\n"
                 "AUDITFAIL_PID=%d\n"
                 "AUDITFAIL_UID=%u\n"
                 "AUDITFAIL_PROGRAM=%s\n",
                 sentence, cause ? cause : "unknown error", reason_priority(answer->action), question->application,
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

/* Without a date: whoever reads the socket takes the time at which it came. */
static bool report_to_syslog(enum auditfail_action action, const char *sentence) {
        char message[SENTENCE_MAX + 64];
        int length = snprintf(message, sizeof(message), "<%d>" IDENTIFIER "[%d]: %s",
                              LOG_AUTHPRIV | reason_priority(action), getpid(), sentence);

        return send_to(SYSLOG_SOCKET, KEPT_SYSLOG, message, (size_t)length);
}

bool report(const struct auditfail_question *question, const struct auditfail_answer *answer, const char *sentence) {
        char entry[ENTRY_MAX];
        size_t length = write_entry(question, answer, sentence, entry);

        return send_to(JOURNAL_SOCKET, KEPT_JOURNAL, entry, length) || report_to_syslog(answer->action, sentence);
}
