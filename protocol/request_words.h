/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of io.auditfail.Control: what a request asks for, the steps it takes, and the errors it can end with. */
#ifndef AUDITFAIL_REQUEST_WORDS_H
#define AUDITFAIL_REQUEST_WORDS_H

enum operation {
        OPERATION_STATUS,
        OPERATION_REFUSAL, /* no method: the daemon records that it refused a request */
        OPERATION_STOP,
        OPERATION_RESTART,
        OPERATION_RELOAD, /* from here to the end: signals of the method Signal */
        OPERATION_ROTATE,
        OPERATION_RESUME,
        OPERATION_STATE,
        OPERATION_COUNT,
};

enum request_step {
        STEP_IDENTIFIED,
        STEP_WAITING,
        STEP_RECORDED,
        STEP_UNCONFIRMED,
        STEP_SIGNALLED,
        STEP_DRAINING,
        STEP_STOPPED,
        STEP_RULES,
        STEP_STARTING,
        STEP_DONE,
        STEP_COUNT,
};

/* Errors of a request that was accepted. */
enum request_failure {
        FAILURE_NONE,
        FAILURE_NO_AUDIT_DAEMON,
        FAILURE_OTHER_AUDIT_DAEMON,
        FAILURE_NOT_RECORDED,
        FAILURE_NOT_CONFIRMED,
        FAILURE_ENDED_BY_ITSELF,
        FAILURE_NO_EFFECT,
        FAILURE_NOT_STARTED,
        FAILURE_RULES_NOT_LOADED,
        FAILURE_CANCELLED,
        FAILURE_FAILED,
        FAILURE_COUNT,
};

/* Causes of FAILURE_NOT_RECORDED. */
enum cause {
        CAUSE_STOPPED,
        CAUSE_DISK_FULL,
        CAUSE_READ_ONLY,
        CAUSE_SUSPENDED,
        CAUSE_HUNG,
        CAUSE_DISABLED, /* the kernel drops the record: auditing is off */
        CAUSE_EXCLUDED, /* the kernel drops the record: a rule matches it */
        CAUSE_LOST,     /* the kernel lost records meanwhile: its rate limit or its queue was full */
        CAUSE_COUNT,
};

/* Each returns the word of a value below its _COUNT, as a static string. */
const char *operation_word(enum operation operation);
const char *request_step_word(enum request_step step);
const char *request_failure_word(enum request_failure failure); /* the error's name after "io.auditfail.Control." */
const char *cause_word(enum cause cause);

/* The step of WORD; STEP_COUNT if this version does not know it. */
enum request_step request_step_of(const char *word);

#endif
