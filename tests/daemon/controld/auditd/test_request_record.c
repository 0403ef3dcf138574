/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/request_record.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/common/audit_text.h"
#include "tests/daemon/controld/auditd/requests.h"
#include "tests/harness/decisions.h"
#include "tests/harness/read_trail.h"

#define KERNEL_TEXT_MAX 8560 /* AUDIT_MESSAGE_TEXT_MAX of the kernel: it drops what is beyond */

#define FORGERY "' exe=\"/x\" res=success'\nauid=0 request=\"" ID "\" "
#define OWN_END "exe=\"/usr/libexec/auditfail-controld\" hostname=host addr=? terminal=pts/0"

static void expect_message(const struct request_record *record, const char *expected) {
        char *message = request_message(record);

        cr_expect_str_eq(message, expected);
        free(message);
}

/* The line that auditd would write for RECORD. Caller frees. */
static char *log_line_of(const struct request_record *record) {
        char *message = request_message(record), *line = NULL;

        cr_assert_not_null(message);
        cr_assert_gt(asprintf(&line,
                              "type=TRUSTED_APP msg=audit(1700000000.123:42): pid=4242 uid=0 auid=%u ses=7 "
                              "subj=unconfined msg='%s " OWN_END " res=%s'\n",
                              record->caller->peer.auid, message,
                              record->answer == ANSWER_REFUSED ? "failed" : "success"),
                     0);
        free(message);
        return line;
}

Test(request_record, a_granted_request_says_who_asked_for_what_and_why) {
        const struct request_record record = granted(&alice);

        expect_message(&record, "op=auditd-stop answer=granted request=\"" ID "\" opid=\"4142\" oauid=1000 uid=0 "
                                "oses=\"4344\" olabel=\"unconfined\" ocomm=\"auditctl\" "
                                "reason=6469736B207265706C6163656D656E74");
}

Test(request_record, a_refusal_says_why) {
        struct request_record record = granted(&alice);

        record.operation = "reload";
        record.answer = ANSWER_REFUSED;
        record.why = "token";
        record.reason = "maintenance";
        expect_message(&record, "op=auditd-reload answer=refused why=\"token\" request=\"" ID "\" opid=\"4142\" "
                                "oauid=1000 uid=0 oses=\"4344\" olabel=\"unconfined\" ocomm=\"auditctl\" "
                                "reason=\"maintenance\"");
}

Test(request_record, what_is_not_known_is_a_question_mark) {
        const struct caller nobody = { .peer.uid = 4294967294, .peer.auid = PEER_UNSET, .peer.session = PEER_UNSET };
        struct request_record record = granted(&nobody);

        record.answer = ANSWER_FORCED;
        record.why = "no_login";
        record.reason = "";
        expect_message(&record, "op=auditd-stop answer=forced why=\"no_login\" request=\"" ID "\" opid=? "
                                "oauid=4294967295 uid=4294967294 oses=? olabel=? ocomm=? reason=?");
        record.reason = NULL;
        expect_message(&record, "op=auditd-stop answer=forced why=\"no_login\" request=\"" ID "\" opid=? "
                                "oauid=4294967295 uid=4294967294 oses=? olabel=? ocomm=? reason=?");
}

/* auparse guesses how a field is encoded: it would decode a number or a word that looks like hexadecimal. */
Test(request_record, auparse_reads_every_field_as_it_was_meant) {
        struct request_record record = granted(&alice);

        record.answer = ANSWER_FORCED;
        record.why = "dead";
        memcpy(record.id, "1234567890123456", REQUEST_ID_LENGTH);

        char *line = log_line_of(&record);
        auparse_state_t *parser = parse(line);

        expect_field(parser, "op", "auditd-stop");
        expect_field(parser, "answer", "forced");
        expect_field(parser, "why", "dead");
        expect_field(parser, "request", "1234567890123456");
        expect_field(parser, "opid", "4142");
        expect_bytes(parser, "oauid", "1000");
        expect_field(parser, "oses", "4344");
        expect_field(parser, "olabel", "unconfined");
        expect_field(parser, "ocomm", "auditctl");
        expect_field(parser, "reason", "disk replacement");
        expect_field(parser, "exe", "/usr/libexec/auditfail-controld");
        expect_field(parser, "terminal", "pts/0");
        expect_field(parser, "res", "success");
        auparse_destroy(parser);
        free(line);
}

/* Expects that LINE has COUNT fields, each with the value of RECORD. */
static void expect_nothing_forged(const struct request_record *record, const char *line, size_t count) {
        auparse_state_t *parser = parse(line);

        cr_expect_eq(auparse_get_num_fields(parser), count, "%s", line);
        expect_bytes(parser, "type", "TRUSTED_APP");
        expect_bytes(parser, "pid", "4242");
        expect_bytes(parser, "auid", "1000");
        expect_field(parser, "answer", "refused");
        expect_field(parser, "request", ID);
        expect_field(parser, "olabel", record->caller->label);
        expect_field(parser, "ocomm", record->caller->peer.program);
        expect_field(parser, "reason", record->reason);
        expect_field(parser, "exe", "/usr/libexec/auditfail-controld");
        expect_field(parser, "res", "failed");
        auparse_destroy(parser);
}

Test(request_record, nothing_that_a_caller_writes_forges_a_field) {
        struct caller caller = alice;
        struct request_record record = granted(&caller);

        record.answer = ANSWER_REFUSED;

        char *line = log_line_of(&record);
        const size_t count = count_fields(line);

        free(line);
        for (size_t i = 0; i <= HOSTILE_COUNT; i++) {
                const char *value = i < HOSTILE_COUNT ? hostile[i] : FORGERY;

                record.reason = value;
                snprintf(caller.peer.program, sizeof(caller.peer.program), "%s", value);
                snprintf(caller.label, sizeof(caller.label), "%s", value);
                line = log_line_of(&record);
                expect_nothing_forged(&record, line, count);
                free(line);
        }
}

Test(request_record, names_with_blanks_and_quotes_are_read_back) {
        struct caller caller = alice;
        struct request_record record = granted(&caller);

        record.answer = ANSWER_REFUSED;
        record.reason = "M\303\274ll \342\200\234weg\342\200\235\302\233";
        snprintf(caller.label, sizeof(caller.label), "/usr/bin/man (enforce)");
        snprintf(caller.peer.program, sizeof(caller.peer.program), "it's a 'x' res=");

        char *line = log_line_of(&record);

        expect_nothing_forged(&record, line, count_fields(line));
        free(line);
}

Test(request_record, the_longest_record_is_kept_whole) {
        struct caller caller = alice;
        struct request_record record = granted(&caller);
        char reason[REASON_TEXT_MAX / 2 + 1];

        memset(reason, '"' /* which has no letter in hexadecimal */, sizeof(reason));
        reason[0] = '\n';
        reason[sizeof(reason) - 1] = 0;
        memset(caller.label, '\'', sizeof(caller.label) - 1);
        memset(caller.peer.program, ' ', sizeof(caller.peer.program) - 1);
        record.answer = ANSWER_REFUSED;
        record.reason = reason;
        cr_assert_eq(audit_text_length(reason), REASON_TEXT_MAX);

        char *line = log_line_of(&record);

        cr_expect_lt(strlen(strstr(line, "msg='")), KERNEL_TEXT_MAX);
        expect_nothing_forged(&record, line, count_fields(line));
        free(line);
}

Test(request_record, ausearch_finds_it_by_person_user_program_and_result_whatever_callers_write) {
        struct caller caller = alice;
        struct request_record record = granted(&caller);

        needs("ausearch");
        record.answer = ANSWER_REFUSED;
        caller.peer.uid = 33;
        for (size_t i = 0; i <= HOSTILE_COUNT; i++) {
                record.reason = i < HOSTILE_COUNT ? hostile[i] : FORGERY;
                snprintf(caller.label, sizeof(caller.label), "%s", record.reason);

                char *line = log_line_of(&record);

                cr_expect(ausearch_finds(line, "-m TRUSTED_APP -ul 1000 -sv no"), "%s", line);
                cr_expect_not(ausearch_finds(line, "-ul 0"), "%s", line);
                cr_expect_not(ausearch_finds(line, "-sv yes"), "%s", line);
                cr_expect(ausearch_finds(line, "-ui 33 -c auditctl -p 4242 --session 7"), "%s", line);
                cr_expect(ausearch_finds(line, "-tm pts/0 -hn host -x /usr/libexec/auditfail-controld"), "%s", line);
                free(line);
        }
}

Test(request_record, ausearch_shows_the_reason_as_it_was_typed) {
        struct request_record record = granted(&alice);
        char output[4096];

        needs("ausearch");
        record.reason = "security update: M\303\274ll";

        char *line = log_line_of(&record);

        cr_expect_eq(run_on(line, "ausearch -i -if", output, sizeof(output)), 0);
        cr_expect_not_null(strstr(output, " olabel=unconfined ocomm=auditctl reason=security update: M\303\274ll exe="),
                           "%s", output);
        cr_expect_not_null(strstr(output, "op=auditd-stop answer=granted request=" ID " opid=4142 oauid="), "%s",
                           output);
        free(line);
}

/* The kernel logs that a worker adopts a login. The tools must not show that as a login of the person. */
Test(request_record, no_tool_reports_a_login) {
        const struct request_record record = granted(&alice);
        char *line = log_line_of(&record), *lines = NULL, output[4096];

        needs("aulast");
        needs("aureport");
        cr_assert_gt(asprintf(&lines,
                              "type=LOGIN msg=audit(1700000000.120:41): pid=4242 uid=0 subj=unconfined "
                              "old-auid=4294967295 auid=1000 tty=(none) old-ses=4294967295 ses=7 res=1\n%s",
                              line),
                     0);
        cr_expect_eq(run_on(lines, "aulast -f", output, sizeof(output)), 0);
        cr_expect_str_empty(output);
        cr_expect_eq(run_on(lines, "aulast --bad -f", output, sizeof(output)), 0);
        cr_expect_str_empty(output);
        cr_expect_neq(run_on(lines, "aureport --login -if", output, sizeof(output)), 0, "%s", output);
        cr_expect_neq(run_on(lines, "aureport --auth -if", output, sizeof(output)), 0, "%s", output);
        free(lines);
        free(line);
}

static bool matches(const char *line, const char *id, pid_t pid, uint32_t auid) {
        char text[LOG_LINE_MAX];
        struct log_record record;

        snprintf(text, sizeof(text), "%s", line);
        text[strcspn(text, "\n")] = 0;
        cr_assert(log_record_parse(text, strlen(text), &record), "%s", text);
        return request_record_matches(&record, id, pid, auid);
}

Test(request_record, a_record_is_recognized_by_who_wrote_it_and_for_which_request) {
        const struct request_record record = granted(&alice);
        char *line = log_line_of(&record);

        cr_expect(matches(line, ID, 4242, 1000));
        cr_expect_not(matches(line, ID, 4142, 1000), "the caller's pid");
        cr_expect_not(matches(line, ID, 4242, 0));
        cr_expect_not(matches(line, ID, 4242, PEER_UNSET));
        cr_expect_not(matches(line, "0123456789abcdee", 4242, 1000));
        cr_expect_not(matches(line, "0123456789abcde", 4242, 1000));
        cr_expect_not(matches(line, "", 4242, 1000));
        free(line);
}

Test(request_record, a_record_without_a_login_is_recognized) {
        struct caller caller = alice;
        const struct request_record record = granted(&caller);

        caller.peer.auid = PEER_UNSET;

        char *line = log_line_of(&record);

        cr_expect(matches(line, ID, 4242, PEER_UNSET));
        cr_expect_not(matches(line, ID, 4242, 1000));
        free(line);
}

Test(request_record, what_auditd_adds_for_other_machines_does_not_matter) {
        const struct request_record record = granted(&alice);
        char *line = log_line_of(&record), *enriched = NULL;

        line[strcspn(line, "\n")] = 0;
        cr_assert_gt(asprintf(&enriched, "node=a.example %s\035UID=\"root\" AUID=\"alice\"", line), 0);
        cr_expect(matches(enriched, ID, 4242, 1000));
        cr_expect_not(matches(enriched, ID, 4242, 0));
        free(enriched);
        free(line);
}

Test(request_record, a_reason_cannot_pass_for_the_record_of_another_request) {
        struct request_record record = granted(&alice);

        memcpy(record.id, "fedcba9876543210", REQUEST_ID_LENGTH);
        record.reason = FORGERY;

        char *line = log_line_of(&record);

        cr_expect(matches(line, "fedcba9876543210", 4242, 1000));
        cr_expect_not(matches(line, ID, 4242, 1000));
        free(line);
}

Test(request_record, a_record_of_another_type_does_not_match) {
        static const char *const types[] = { "SYSTEM_BOOT", "USER_CMD", "TRUSTED", "TRUSTED_APPLICATION" };
        static const char rest[] = "msg=audit(1700000000.123:42): pid=4242 uid=0 auid=1000 ses=7 "
                                   "msg='op=auditd-stop request=\"" ID "\" res=success'";
        char line[512];

        snprintf(line, sizeof(line), "type=TRUSTED_APP %s", rest);
        cr_expect(matches(line, ID, 4242, 1000));
        for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
                snprintf(line, sizeof(line), "type=%s %s", types[i], rest);
                cr_expect_not(matches(line, ID, 4242, 1000), "%s", line);
        }
}

Test(request_record, a_request_that_stands_outside_of_the_message_does_not_match) {
        static const char start[] = "type=TRUSTED_APP msg=audit(1700000000.123:42): pid=4242 uid=0 auid=1000 ses=7";
        char line[512];

        snprintf(line, sizeof(line), "%s request=\"" ID "\" msg='op=auditd-stop res=success'", start);
        cr_expect_not(matches(line, ID, 4242, 1000));
        snprintf(line, sizeof(line), "%s request=\"" ID "\" res=success", start);
        cr_expect_not(matches(line, ID, 4242, 1000));
}
