/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/request_words.h"

#include <string.h>

const char *operation_word(enum operation operation) {
        static const char *const words[OPERATION_COUNT] = {
                [OPERATION_STATUS] = "status",   [OPERATION_REFUSAL] = "request", [OPERATION_STOP] = "stop",
                [OPERATION_RESTART] = "restart", [OPERATION_RELOAD] = "reload",   [OPERATION_ROTATE] = "rotate",
                [OPERATION_RESUME] = "resume",   [OPERATION_STATE] = "state",
        };

        return words[operation];
}

const char *request_step_word(enum request_step step) {
        static const char *const words[STEP_COUNT] = {
                [STEP_IDENTIFIED] = "identified", [STEP_WAITING] = "waiting",
                [STEP_RECORDED] = "recorded",     [STEP_UNCONFIRMED] = "unconfirmed",
                [STEP_SIGNALLED] = "signalled",   [STEP_DRAINING] = "draining",
                [STEP_STOPPED] = "stopped",       [STEP_RULES] = "rules",
                [STEP_STARTING] = "starting",     [STEP_DONE] = "done",
        };

        return words[step];
}

enum request_step request_step_of(const char *word) {
        enum request_step step = STEP_IDENTIFIED;

        while (step < STEP_COUNT && strcmp(request_step_word(step), word) != 0)
                step++;
        return step;
}

const char *request_failure_word(enum request_failure failure) {
        static const char *const words[FAILURE_COUNT] = {
                [FAILURE_NONE] = "none",
                [FAILURE_NO_AUDIT_DAEMON] = "NoAuditDaemon",
                [FAILURE_OTHER_AUDIT_DAEMON] = "OtherAuditDaemon",
                [FAILURE_NOT_RECORDED] = "NotRecorded",
                [FAILURE_NOT_CONFIRMED] = "NotConfirmed",
                [FAILURE_ENDED_BY_ITSELF] = "EndedByItself",
                [FAILURE_NO_EFFECT] = "NoEffect",
                [FAILURE_NOT_STARTED] = "NotStarted",
                [FAILURE_RULES_NOT_LOADED] = "RulesNotLoaded",
                [FAILURE_CANCELLED] = "Cancelled",
                [FAILURE_FAILED] = "Failed",
        };

        return words[failure];
}

const char *cause_word(enum cause cause) {
        static const char *const words[CAUSE_COUNT] = {
                [CAUSE_STOPPED] = "stopped",     [CAUSE_DISK_FULL] = "disk_full", [CAUSE_READ_ONLY] = "read_only",
                [CAUSE_SUSPENDED] = "suspended", [CAUSE_HUNG] = "hung",           [CAUSE_DISABLED] = "disabled",
                [CAUSE_EXCLUDED] = "excluded",   [CAUSE_LOST] = "lost",
        };

        return words[cause];
}
