/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* No test here reaches this machine's trail: each one gives up CAP_AUDIT_WRITE before it sends a record. */
#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/auditfaild/report_trail.h"
#include "tests/harness/catch_stderr.h"
#include "tests/harness/decisions.h"
#include "tests/harness/give_up_audit_write.h"
#include "tests/harness/read_trail.h"

/* Returns the line that auditd would write for DECISION. */
static char *log_line_of(const struct decision *decision) {
        char *message = trail_message(decision), *line = NULL;

        cr_assert_not_null(message);
        cr_assert_gt(
                asprintf(&line,
                         "type=TRUSTED_APP msg=audit(1700000000.123:42): pid=4242 uid=999 auid=4294967295 "
                         "ses=4294967295 subj=unconfined msg='%s exe=\"/usr/libexec/auditfaild\" hostname=? addr=? "
                         "terminal=? res=failed'\n",
                         message),
                0);
        free(message);
        return line;
}

Test(report_trail, a_record_has_each_field) {
        const struct decision decision = passwd_decision();
        char *message = trail_message(&decision);

        cr_expect_str_eq(message,
                         "op=audit-failure application=\"passwd\" operation=\"audit_log_user_message\" "
                         "lost=\"USER_CHAUTHTOK\" exit=-1 kind=denied answer=terminate "
                         "file=\"/etc/auditfail/passwd.conf\" line=\"2\" opid=\"123\" oauid=1000 uid=0 oses=\"7\" "
                         "ocomm=\"passwd\" unit=\"session-7.scope\" suppressed=\"3\"");
        free(message);
}

Test(report_trail, unknown_fields_are_question_marks) {
        const struct decision decision = bare_decision();
        char *message = trail_message(&decision);

        cr_expect_str_eq(message,
                         "op=audit-failure application=\"hwclock\" operation=? lost=? kind=? answer=terminate file=? "
                         "line=? opid=? oauid=4294967295 uid=4294967294 oses=? ocomm=? unit=? suppressed=\"0\"");
        free(message);
}

/* auparse guesses the types of fields in this record. It shows junk for a number that it takes for hexadecimal text. */
Test(report_trail, auparse_reads_each_field_back) {
        struct decision decision = passwd_decision();

        decision.peer.pid = 4142;
        decision.line = 4344;
        decision.suppressed = 4546;
        decision.peer.session = 4748;

        char *line = log_line_of(&decision);
        auparse_state_t *parser = parse(line);

        expect_field(parser, "op", "audit-failure");
        expect_field(parser, "application", "passwd");
        expect_field(parser, "operation", "audit_log_user_message");
        expect_field(parser, "lost", "USER_CHAUTHTOK");
        expect_field(parser, "kind", "denied");
        expect_field(parser, "answer", "terminate");
        expect_field(parser, "file", "/etc/auditfail/passwd.conf");
        expect_field(parser, "line", "4344");
        expect_field(parser, "opid", "4142");
        expect_field(parser, "oses", "4748");
        expect_field(parser, "ocomm", "passwd");
        expect_field(parser, "unit", "session-7.scope");
        expect_field(parser, "suppressed", "4546");
        expect_field(parser, "res", "failed");
        auparse_destroy(parser);
        free(line);
}

Test(report_trail, text_from_a_caller_forges_no_field) {
        struct decision decision = passwd_decision();
        char *line = log_line_of(&decision);
        const size_t count = count_fields(line);

        free(line);
        for (size_t i = 0; i < HOSTILE_COUNT; i++) {
                snprintf(decision.operation, sizeof(decision.operation), "%s", hostile[i]);
                snprintf(decision.record, sizeof(decision.record), "%s", hostile[i]);
                snprintf(decision.file, sizeof(decision.file), "%s", hostile[i]);
                line = log_line_of(&decision);
                cr_expect_eq(count_fields(line), count, "%s", line);

                auparse_state_t *parser = parse(line);

                expect_bytes(parser, "auid", "4294967295");
                expect_field(parser, "res", "failed");
                auparse_destroy(parser);
                free(line);
        }
}

Test(report_trail, ausearch_finds_it_by_program_user_and_result_whatever_callers_write) {
        needs("ausearch");
        for (size_t i = 0; i < HOSTILE_COUNT; i++) {
                struct decision decision = passwd_decision();

                decision.peer.uid = 33;
                snprintf(decision.operation, sizeof(decision.operation), "%s", hostile[i]);
                snprintf(decision.record, sizeof(decision.record), "%s", hostile[i]);

                char *line = log_line_of(&decision);

                cr_expect(ausearch_finds(line, "-m TRUSTED_APP -sv no"), "%s", line);
                cr_expect_not(ausearch_finds(line, "-sv yes"), "%s", line);
                cr_expect(ausearch_finds(line, "-c passwd -ui 33"), "%s", line);
                cr_expect_not(ausearch_finds(line, "-ul 0"), "%s", line);
                free(line);
        }
}

static size_t count(const char *text, const char *word) {
        size_t times = 0;

        for (const char *found = text; (found = strstr(found, word)); found += strlen(word))
                times++;
        return times;
}

Test(report_trail, a_trail_that_refuses_records_is_logged_once_with_the_cause, .timeout = 30) {
        const struct decision decision = passwd_decision();
        struct trail trail = TRAIL_NULL;
        char text[4096];
        int fd = catch_stderr();

        give_up_audit_write();
        trail_probe(&trail);
        cr_expect_not(trail_works(&trail));
        for (int i = 0; i < 3; i++)
                trail_write(&trail, &decision);
        cr_expect_not(trail_works(&trail));
        trail_close(&trail);
        read_all(fd, text, sizeof(text));
        cr_expect_eq(count(text, "Cannot write to the audit trail"), 1, "%s", text);
        cr_expect_not_null(strstr(text, strerror(EPERM)), "%s", text);
}

Test(report_trail, a_refusal_is_noticed_without_a_probe_too, .timeout = 30) {
        const struct decision decision = passwd_decision();
        struct trail trail = TRAIL_NULL;
        char text[4096];
        int fd = catch_stderr();

        give_up_audit_write();
        trail_write(&trail, &decision);
        cr_expect_not(trail_works(&trail));
        trail_close(&trail);
        read_all(fd, text, sizeof(text));
        cr_expect_not_null(strstr(text, strerror(EPERM)), "libaudit returns 0 then, and that is not a success: %s",
                           text);
}

Test(report_trail, in_a_user_namespace_capabilities_do_not_help, .timeout = 30) {
        char text[4096];
        int fd = catch_stderr(), status;
        pid_t child = fork(); /* only a process with one thread can enter */

        cr_assert_geq(child, 0);
        if (child == 0) {
                struct trail trail = TRAIL_NULL;

                if (unshare(CLONE_NEWUSER) < 0)
                        _exit(2);
                trail_probe(&trail);
                _exit(trail_works(&trail));
        }
        cr_assert_eq(waitpid(child, &status, 0), child);
        if (WEXITSTATUS(status) == 2)
                cr_skip("needs a user namespace");
        cr_expect_eq(status, 0);
        read_all(fd, text, sizeof(text));
        cr_expect_not_null(strstr(text, strerror(ECONNREFUSED)), "%s", text);
}
