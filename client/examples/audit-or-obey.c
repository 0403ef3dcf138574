/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * audit-or-obey [APPLICATION]
 *
 * Writes an audit record. If that fails, obeys the policy.
 * Exit status 0: the record is written, or the policy says to go on. 1: stop.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <auditfail.h>
#include <libaudit.h>

/* Returns 0, or an errno value, with the name of the call that failed. */
static int write_record(const char **failed) {
        *failed = "audit_open";
        int fd = audit_open();
        if (fd < 0)
                return errno;

        *failed = "audit_log_user_message";
        errno = 0;
        int number = audit_log_user_message(fd, AUDIT_TRUSTED_APP, "op=demo",
                                            NULL, NULL, NULL, 1);
        int error = number < 0 ? -number : abs(errno);
        audit_close(fd);

        /* A record that was written has a number above 0. All else is a
         * failure, also 0, behind which libaudit hides some errors. */
        if (number > 0)
                return 0;
        return error ? error : EIO;
}

int main(int argc, char **argv) {
        static const char *const via[] = { "daemon", "snapshot", "builtin" };
        struct auditfail_question question = { 0 };
        struct auditfail_answer answer;

        if (argc > 1)
                question.application = argv[1];
        question.error = write_record(&question.operation);
        if (question.error == 0) {
                puts("The record is written.");
                return EXIT_SUCCESS;
        }

        auditfail_ask(&question, &answer);
        const char *file = answer.file[0] ? answer.file : "no file";
        printf("%s: %s; %s:%u (%s) says ", question.operation,
               strerror(question.error), file, answer.line, via[answer.via]);
        switch (answer.action) {
        case AUDITFAIL_IGNORE:
                puts("ignore: going on");
                return EXIT_SUCCESS;
        case AUDITFAIL_LOG:
                puts("log: going on, and this is the report");
                return EXIT_SUCCESS;
        default: /* AUDITFAIL_TERMINATE, or what a later library may add */
                puts("terminate: stopping here");
                return EXIT_FAILURE;
        }
}
