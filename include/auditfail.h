/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * auditfail.h - what must this program do when it cannot write an audit record?
 *
 * The administrator decides that in /etc/auditfail/APPLICATION.conf. auditfaild(8) reads these files, and the functions
 * here ask auditfaild. They always return an answer, from the first of these:
 *
 *      auditfaild  ->  the snapshot that auditfaild left in /run/auditfail  ->  AUDITFAIL_TERMINATE
 *
 * Any thread may call the functions, also in a signal handler, and between fork() and exec(). The functions
 *  - allocate nothing, and need less than 6 KiB of stack;
 *  - leave errno, the signal mask, signal dispositions and open descriptors as they were;
 *  - never raise SIGPIPE, and are no cancellation points;
 *  - return within the time limit, whatever the other side does.
 * See audit_failure_action(3) and auditfail_ask(3).
 */
#ifndef AUDITFAIL_H
#define AUDITFAIL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef AUDITFAIL_DECLARED /* <libaudit.h> has this part, too, if libaudit was built with these functions */
#define AUDITFAIL_DECLARED

/* What to do. The values are those of libaudit's FAIL_IGNORE, FAIL_LOG and FAIL_TERMINATE. */
enum auditfail_action {
        AUDITFAIL_IGNORE = 0,    /* go on as if nothing had happened */
        AUDITFAIL_LOG = 1,       /* report the failure where this program reports errors, and go on */
        AUDITFAIL_TERMINATE = 2, /* stop the action or the service */
};
#define auditFailType auditfail_action /* the proposal's name of the enum */

/* Where the answer comes from. */
enum auditfail_via {
        AUDITFAIL_VIA_DAEMON = 0,   /* auditfaild */
        AUDITFAIL_VIA_SNAPSHOT = 1, /* auditfaild did not answer: the policy that it loaded last */
        AUDITFAIL_VIA_BUILTIN = 2,  /* neither was there: AUDITFAIL_TERMINATE */
};

/* Bits of auditfail_question.flags. */
enum auditfail_flag {
        AUDITFAIL_AHEAD = 1, /* no record is lost yet: the program asks before it acts. Neither the journal nor the
                              * audit trail shows the answer */
};

/* In every member, zero means the default. So an initialiser names only the members that it needs. */
struct auditfail_question {
        const char *application; /* whose policy: a name, or a file as audit_failure_action() takes it. NULL: the short
                                  * name of the running program. If the program has more rights than its caller, the
                                  * name of the executed file, because the caller chooses argv[0] */
        const char *operation;   /* the call that failed, such as "audit_log_user_message"; for the log; may be NULL.
                                  * Only the first 64 bytes count */
        int error;               /* errno of the failed call; 0: unknown. The sign is ignored, because libaudit returns
                                  * negative errors */
        unsigned timeout_ms;     /* limit of the whole call in milliseconds; 0: 1000; at most 60000 */
        const char *record;      /* type of the lost record as the trail names it, such as "ADD_USER"; for the log; may
                                  * be NULL. Only the first 32 bytes count */
        unsigned flags;          /* of enum auditfail_flag */
        uint64_t reserved[4 - 2 * sizeof(void *) / sizeof(uint64_t)]; /* zero; 32 bytes less the two above */
};

struct auditfail_answer {
        enum auditfail_action action;
        enum auditfail_via via;
        uint64_t generation; /* of the policy; one more after each change. 0: unknown */
        unsigned line;       /* the line of FILE that decided, from 1. 0: no line did: FILE is "" or unusable */
        int cause;           /* errno value: why the daemon did not answer. 0: it answered */
        char file[256];      /* the policy file that decided; "" if no file did */
        uint64_t reserved[4];
};

#ifndef SWIG /* a wrapper of all of libaudit for scripts would look like a program that asks by itself */

/*
 * The function that was proposed in 2006. FILE selects the policy: an application's name ("passwd"), its policy file
 * ("/etc/auditfail/passwd.conf"), or the file of the proposal ("/etc/auditfail.passwd"). NULL, and every other FILE,
 * selects the default policy.
 *
 * Exceptions for kinds of failure do not apply, because there is no errno. Use auditfail_ask() to pass one.
 */
enum auditfail_action audit_failure_action(const char *file);

/* Asks QUESTION (NULL: all defaults), fills in ANSWER (NULL: not wanted), and returns the action of the answer. */
enum auditfail_action auditfail_ask(const struct auditfail_question *question, struct auditfail_answer *answer);

#endif /* SWIG */
#endif /* AUDITFAIL_DECLARED */

#define AUDITFAIL_LOST_UNKNOWN UINT64_MAX /* value of the counter of auditfail_check() */

/*
 * Does the kernel keep audit records of TYPE, such as AUDIT_ADD_USER (0: of any type), from this process? The kernel
 * acknowledges records that it then drops: while auditing is off, if a rule excludes them, and if its rate limit or its
 * queue overflows. This function writes no record. Call it before the action to record, and again after the record:
 *
 *      uint64_t lost = AUDITFAIL_LOST_UNKNOWN;
 *      int error = auditfail_check(AUDIT_ADD_USER, &lost);
 *
 * Returns 0 if the kernel keeps the record, as far as this process can find out. Otherwise it returns an errno value
 * for auditfail_question.error:
 *  - ESHUTDOWN: auditing is off;
 *  - ECANCELED: a rule drops the record;
 *  - ENOBUFS: the kernel's counter of lost records has changed since LOST;
 *  - EPERM, ECONNREFUSED, EAFNOSUPPORT ...: the kernel would refuse the record with this errno.
 * LOST (NULL: not wanted) holds the counter of the previous call, and takes the new one.
 *
 * A process with CAP_AUDIT_CONTROL asks the kernel. For other processes, auditfaild asks auditfail-controld. If these
 * do not answer within a second, the function finds only ESHUTDOWN and refusals. See auditfail_check(3). The promises
 * above hold, but the function needs 16 KiB of stack.
 */
int auditfail_check(unsigned type, uint64_t *lost);

#ifdef __cplusplus
}
#endif
#endif
