/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a worker tells the daemon: a step, or a failure. One message is one packet of a SOCK_SEQPACKET socket: the plain
 * fields, then the bytes of the texts that it has. Most messages have none.
 */
#ifndef AUDITFAIL_WORKER_MESSAGE_H
#define AUDITFAIL_WORKER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "protocol/audit/audit_state.h"
#include "protocol/request_words.h"

#define WORKER_TEXTS       6
#define WORKER_TEXT_MAX    8192 /* bytes of one text, with its NUL */
#define WORKER_MESSAGE_MAX (WORKER_TEXTS * WORKER_TEXT_MAX + sizeof(struct worker_message))

struct worker_message {
        enum request_step step;
        enum request_failure failure; /* not FAILURE_NONE: the request has failed, and step means nothing */
        enum cause cause;             /* of FAILURE_NOT_RECORDED */
        bool signalled;               /* auditd has the signal */
        bool lost;                    /* the worker was lost: it sent no last message, and this one is the daemon's */
        bool unsure;                  /* of a lost worker: auditd may have the signal */
        uint64_t goes_on_usec;        /* after this last message, the worker has more to do, for so long at most */
        pid_t auditd;                 /* 0: not known */
        bool excluded;                /* of the method Kernel: a rule drops the records */
        struct audit_state kernel;    /* of STEP_DRAINING, OPERATION_STATUS and the method Kernel */
        char event[48];               /* "SECONDS.MILLI:SERIAL"; "": not known */
        union {
                struct { /* To send: NULL or "" for no text. Received: never NULL. */
                        const char *detail;
                        const char *program;  /* of OPERATION_STATUS and FAILURE_OTHER_AUDIT_DAEMON */
                        const char *trail;    /* auditd's own records, each with a newline */
                        const char *state;    /* auditd's report on itself */
                        const char *log_file; /* of OPERATION_STATUS */
                        const char *rule;     /* of OPERATION_STATUS: the rule that drops records of requests. Of
                                               * CAUSE_EXCLUDED: what `auditctl -d` takes */
                };
                const char *texts[WORKER_TEXTS];
                size_t lengths[WORKER_TEXTS]; /* in the packet, in place of the texts */
        };
};

/* Whether no other message of the worker counts after MESSAGE. */
bool worker_message_is_last(const struct worker_message *message);

/* Sends MESSAGE, and may wait for room. Returns 0, -EMSGSIZE for a text over WORKER_TEXT_MAX, or a negative errno. */
int worker_message_send(int channel, const struct worker_message *message);

/*
 * Receives a message, without waiting. Its texts lie in BUFFER. Returns 0; -EAGAIN if there is none now; -EPIPE if
 * there will be none; -EBADMSG for bytes that are no message; or another negative errno.
 */
int worker_message_receive(int channel, char buffer[static WORKER_MESSAGE_MAX], struct worker_message *ret);

#endif
