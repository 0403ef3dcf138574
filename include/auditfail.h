/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * auditfail.h - what must this program do now that its audit record could not be written?
 *
 * The administrator's answer stands in /etc/auditfail/APPLICATION.conf. auditfaild(8) owns those files; the
 * functions here ask it, and always come back with an answer:
 *
 *      auditfaild  ->  the snapshot it left in /run/auditfail  ->  AUDITFAIL_TERMINATE
 *
 * All functions may be called by any thread, from a signal handler, and between fork() and exec(). They allocate
 * nothing, need less than 6 KiB of stack, keep errno, signal mask, signal dispositions and open descriptors as they
 * were, never raise SIGPIPE, are no cancellation points, and are done within the time limit whatever the other side
 * does. See audit_failure_action(3) and auditfail_ask(3).
 */
#ifndef AUDITFAIL_H
#define AUDITFAIL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What to do. The values are those of libaudit's FAIL_IGNORE, FAIL_LOG and FAIL_TERMINATE. */
enum auditfail_action {
        AUDITFAIL_IGNORE = 0,    /* go on as if nothing had happened */
        AUDITFAIL_LOG = 1,       /* report the failure where this program reports errors, go on */
        AUDITFAIL_TERMINATE = 2, /* stop the action or the service */
};

/* How the answer was reached. */
enum auditfail_via {
        AUDITFAIL_VIA_DAEMON = 0,   /* auditfaild said so */
        AUDITFAIL_VIA_SNAPSHOT = 1, /* no daemon: the policy it loaded last said so */
        AUDITFAIL_VIA_BUILTIN = 2,  /* neither: the answer is AUDITFAIL_TERMINATE */
};

/* Bits of auditfail_question.flags. */
enum auditfail_flag {
        AUDITFAIL_AHEAD = 1, /* nothing is lost yet: the program asks before it does what it could not record. The
                              * answer leaves no trace in the journal and the audit trail */
};

/* Zero stands for "the default" in every member, so that designated initialisers name only what is known. */
struct auditfail_question {
        const char *application; /* whose policy: a name, or one of the files that audit_failure_action() takes;
                                  * NULL: the short name of the running program (of its executable file, where
                                  * the program has more rights than its caller, who chooses argv[0]) */
        const char *operation;   /* what failed, such as "audit_log_user_message"; for the log; may be NULL. Of more
                                  * than 64 bytes the first 64 count */
        int error;               /* errno of the failed call, 0: not known. The sign is ignored, since libaudit's
                                  * functions return errors negated */
        unsigned timeout_ms;     /* limit of the whole call in milliseconds, 0: 1000; at most 60000 */
        const char *record;      /* type of the record that is lost, by its name in the trail, such as "ADD_USER";
                                  * for the log; may be NULL. Of more than 32 bytes the first 32 count */
        unsigned flags;          /* of enum auditfail_flag */
        uint64_t reserved[4 - 2 * sizeof(void *) / sizeof(uint64_t)]; /* zero; 32 bytes less the two above */
};

struct auditfail_answer {
        enum auditfail_action action;
        enum auditfail_via via;
        uint64_t generation; /* of the policy; it rises by one when the policy changes. 0: not known */
        unsigned line;       /* the line of FILE that decided, from 1. 0: none did, FILE is "" or cannot be used */
        int cause;           /* why the daemon did not answer, an errno value. 0: it did */
        char file[256];      /* the policy file that decided, "" where none did */
        uint64_t reserved[4];
};

/*
 * The call of the 2006 proposal. FILE is the policy to ask for: an application's name ("passwd"), its policy file
 * ("/etc/auditfail/passwd.conf"), or the proposal's flat file ("/etc/auditfail.passwd"). NULL is the default policy.
 * A FILE that is none of these names no application, and the default policy answers.
 *
 * The exceptions by kind of failure do not apply, since no errno is given; auditfail_ask() takes one.
 */
enum auditfail_action audit_failure_action(const char *file);

/*
 * Asks QUESTION (NULL: all defaults), fills in ANSWER (NULL: not wanted) and returns the action that is in it.
 */
enum auditfail_action auditfail_ask(const struct auditfail_question *question, struct auditfail_answer *answer);

#define AUDITFAIL_LOST_UNKNOWN UINT64_MAX /* of the counter of auditfail_check() */

/*
 * Does the kernel keep this process's audit records of TYPE, such as AUDIT_ADD_USER (0: of any type)? It acknowledges
 * records that it then drops: while auditing is off, where a rule excludes them, and when its rate limit or its queue
 * overflows. Writes no record. Call it before the program does what it wants to record, and again after the record:
 *
 *      uint64_t lost = AUDITFAIL_LOST_UNKNOWN;
 *      int error = auditfail_check(AUDIT_ADD_USER, &lost);
 *
 * Returns 0 when the record is kept as far as this process can find out, or what counts as the record's errno, for
 * auditfail_question.error: ESHUTDOWN (auditing is off), ECANCELED (a rule drops the record), ENOBUFS (the kernel's
 * counter of lost records rose since LOST), or the errno with which the record would be refused (EPERM, ECONNREFUSED,
 * EAFNOSUPPORT ...). LOST (NULL: not wanted) holds the counter of the call before, and takes the new one.
 *
 * A process with CAP_AUDIT_CONTROL asks the kernel. For any other one auditfaild asks auditfail-controld; where these do
 * not answer within a second, only ESHUTDOWN and refusals are found. See auditfail_check(3). The promises above hold,
 * but it needs 16 KiB of stack.
 */
int auditfail_check(unsigned type, uint64_t *lost);

#ifdef __cplusplus
}
#endif
#endif
