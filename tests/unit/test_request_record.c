/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nothing here reaches this machine's trail, nor does it change a login: what is sent goes to a stand-in for libaudit's
 * function, or the test gives up first what sending takes; and a folder stands for /proc.
 */
#include "request_record.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libaudit.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit_text.h"
#include "decisions.h"
#include "give_up_audit_write.h"
#include "read_trail.h"

#define KERNEL_TEXT_MAX 8560 /* AUDIT_MESSAGE_TEXT_MAX of the kernel: it drops what is beyond */

#define ID      "0123456789abcdef"
#define FORGERY "' exe=\"/x\" res=success'\nauid=0 request=\"" ID "\" "
#define OWN_END "exe=\"/usr/libexec/auditfail-controld\" hostname=host addr=? terminal=pts/0"

static const struct caller alice = {
        .pid = 4142,
        .uid = 0,
        .gid = 0,
        .auid = 1000,
        .session = 4344,
        .label = "unconfined",
        .terminal = "pts/0",
        .program = "auditctl",
};

static struct request_record granted(const struct caller *caller) {
        return (struct request_record){
                .operation = "stop", .id = ID, .answer = ANSWER_GRANTED, .reason = "disk replacement", .caller = caller
        };
}

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
                              record->caller->auid, message, record->answer == ANSWER_REFUSED ? "failed" : "success"),
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
        const struct caller nobody = { .uid = 4294967294, .auid = CALLER_UNSET, .session = CALLER_UNSET };
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

/* auparse guesses what fields of this type of record are: a number or a word that looks like hexadecimal text to it
 * comes out as junk. */
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

/* LINE is RECORD's, with COUNT fields, and each says what it should. */
static void expect_nothing_forged(const struct request_record *record, const char *line, size_t count) {
        auparse_state_t *parser = parse(line);

        cr_expect_eq(auparse_get_num_fields(parser), count, "%s", line);
        expect_bytes(parser, "type", "TRUSTED_APP");
        expect_bytes(parser, "pid", "4242");
        expect_bytes(parser, "auid", "1000");
        expect_field(parser, "answer", "refused");
        expect_field(parser, "request", ID);
        expect_field(parser, "olabel", record->caller->label);
        expect_field(parser, "ocomm", record->caller->program);
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
                snprintf(caller.program, sizeof(caller.program), "%s", value);
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
        snprintf(caller.program, sizeof(caller.program), "it's a 'x' res=");

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
        memset(caller.program, ' ', sizeof(caller.program) - 1);
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
        caller.uid = 33;
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

/* What the kernel writes when the daemon's child takes on the login is a login to nobody but the kernel. */
Test(request_record, nobody_seems_to_have_logged_in) {
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

Test(request_record, an_id_is_of_hexadecimal_digits_and_new_each_time) {
        char one[REQUEST_ID_LENGTH + 1], other[REQUEST_ID_LENGTH + 1];

        cr_assert_eq(request_id(one), 0);
        cr_assert_eq(request_id(other), 0);
        cr_expect_eq(strlen(one), REQUEST_ID_LENGTH);
        cr_expect_eq(strspn(one, "0123456789abcdef"), REQUEST_ID_LENGTH);
        cr_expect_str_neq(one, other);
}

/* What libaudit's function was called with, and what it shall say. */
static struct {
        bool stands_in;
        int result, error; /* to be returned, and to be left in errno */
        int type, success;
        char message[MAX_AUDIT_MESSAGE_LENGTH], terminal[64];
        bool other_fields;
} sent;

int audit_log_user_message(int audit_fd, int type, const char *message, const char *hostname, const char *addr,
                           const char *tty, int result) {
        int (*real)(int, int, const char *, const char *, const char *, const char *, int);

        if (!sent.stands_in) {
                *(void **)&real = dlsym(RTLD_NEXT, __func__);
                return real(audit_fd, type, message, hostname, addr, tty, result);
        }
        sent.type = type;
        sent.success = result;
        snprintf(sent.message, sizeof(sent.message), "%s", message);
        snprintf(sent.terminal, sizeof(sent.terminal), "%s", tty ? tty : "(this process's)");
        sent.other_fields = hostname || addr;
        errno = sent.error;
        return sent.result;
}

static int write_and_hear(const struct request_record *record, int result, int error) {
        sent.stands_in = true;
        sent.result = result;
        sent.error = error;
        return request_record_write(record);
}

Test(request_record, a_granted_request_is_written_as_a_success_at_the_callers_terminal) {
        const struct request_record record = granted(&alice);

        cr_expect_eq(write_and_hear(&record, 1, 0), 0);
        cr_expect_eq(sent.type, AUDIT_TRUSTED_APP);
        cr_expect_eq(sent.success, 1);
        cr_expect_str_eq(sent.terminal, "pts/0");
        cr_expect_not(sent.other_fields);
        expect_message(&record, sent.message);
}

Test(request_record, a_forced_request_is_a_success_and_a_refused_one_is_none) {
        struct request_record record = granted(&alice);

        record.answer = ANSWER_FORCED;
        cr_expect_eq(write_and_hear(&record, 1, 0), 0);
        cr_expect_eq(sent.success, 1);
        record.answer = ANSWER_REFUSED;
        cr_expect_eq(write_and_hear(&record, 1, 0), 0);
        cr_expect_eq(sent.success, 0);
}

Test(request_record, no_terminal_is_better_than_one_that_forges_or_that_is_not_the_callers) {
        static const char *const terminals[] = { "", "pts/0 res=success", "x'", "a,b" };
        struct caller caller = alice;
        const struct request_record record = granted(&caller);

        for (size_t i = 0; i < sizeof(terminals) / sizeof(*terminals); i++) {
                snprintf(caller.terminal, sizeof(caller.terminal), "%s", terminals[i]);
                cr_expect_eq(write_and_hear(&record, 1, 0), 0);
                cr_expect_str_empty(sent.terminal);
        }
}

Test(request_record, only_what_the_kernel_took_is_written) {
        const struct request_record record = granted(&alice);

        cr_expect_eq(write_and_hear(&record, 7, EAGAIN), 0);
        cr_expect_eq(write_and_hear(&record, -ENOBUFS, 0), -ENOBUFS);
        cr_expect_eq(write_and_hear(&record, -EAGAIN, EINVAL), -EAGAIN);
        cr_expect_eq(write_and_hear(&record, 0, ECONNREFUSED), -ECONNREFUSED);
        cr_expect_eq(write_and_hear(&record, 0, 0), -EPERM);
        cr_expect_eq(write_and_hear(&record, 0, -1), -EPERM);
}

Test(request_record, a_reason_that_is_too_long_is_not_written_cut_off) {
        struct request_record record = granted(&alice);
        char reason[REASON_TEXT_MAX];

        memset(reason, 'r', sizeof(reason));
        reason[REASON_TEXT_MAX - 1] = 0;
        record.reason = reason;
        cr_expect_eq(write_and_hear(&record, 1, 0), -EMSGSIZE);
        cr_expect_str_empty(sent.message);
        reason[REASON_TEXT_MAX - 2] = 0;
        cr_expect_eq(write_and_hear(&record, 1, 0), 0);
}

Test(request_record, a_process_that_may_not_write_is_told_so, .timeout = 30) {
        const struct request_record record = granted(&alice);

        give_up_audit_write();
        cr_expect_eq(request_record_write(&record), -EPERM);
}

Test(request_record, in_a_user_namespace_all_capabilities_are_of_no_use, .timeout = 30) {
        int status;
        pid_t child = fork(); /* as only a process of one thread can enter */

        cr_assert_geq(child, 0);
        if (child == 0) {
                const struct request_record record = granted(&alice);

                _exit(unshare(CLONE_NEWUSER) < 0 ? 77 : request_record_write(&record) == -ECONNREFUSED);
        }
        cr_assert_eq(waitpid(child, &status, 0), child);
        if (WEXITSTATUS(status) == 77)
                cr_skip("needs a user namespace");
        cr_expect_eq(WEXITSTATUS(status), 1);
}

/* A folder that stands for /proc, with the login in DIR/self/loginuid: a link to TARGET, or a file where that is NULL.
 */
static void make_proc(char dir[static 64], char path[static 96], const char *target) {
        char self[80];
        int fd;

        snprintf(dir, 64, "/tmp/auditfail-proc-XXXXXX");
        cr_assert_not_null(mkdtemp(dir));
        snprintf(self, sizeof(self), "%s/self", dir);
        cr_assert_eq(mkdir(self, 0700), 0);
        snprintf(path, 96, "%s/loginuid", self);
        if (target) {
                cr_assert_eq(symlink(target, path), 0);
        } else {
                fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
                cr_assert_geq(fd, 0);
                close(fd);
        }
}

static void remove_proc(const char *dir, const char *path) {
        char self[80];

        snprintf(self, sizeof(self), "%s/self", dir);
        unlink(path);
        rmdir(self);
        cr_expect_eq(rmdir(dir), 0);
}

static void expect_login(const char *path, const char *expected) {
        char login[32];
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t length = read(fd, login, sizeof(login) - 1);

        cr_assert_geq(length, 0);
        login[length] = 0;
        close(fd);
        cr_expect_str_eq(login, expected);
}

Test(request_record, a_login_is_adopted_by_its_number) {
        char dir[64], path[96];

        make_proc(dir, path, NULL);
        cr_expect_eq(adopt_login(dir, 4294967294), 0);
        expect_login(path, "4294967294");
        remove_proc(dir, path);
}

Test(request_record, no_login_is_nothing_to_adopt) {
        char dir[64], path[96];

        make_proc(dir, path, NULL);
        cr_expect_eq(adopt_login(dir, CALLER_UNSET), 0);
        expect_login(path, "");
        remove_proc(dir, path);
        cr_expect_eq(adopt_login("/nonexistent", CALLER_UNSET), 0);
}

Test(request_record, a_login_that_cannot_be_adopted_is_an_error) {
        char dir[64], path[96];

        cr_expect_eq(adopt_login("/nonexistent", 1000), -ENOENT);
        make_proc(dir, path, "/dev/full");
        cr_expect_eq(adopt_login(dir, 1000), -ENOSPC);
        remove_proc(dir, path);
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
        cr_expect_not(matches(line, ID, 4242, CALLER_UNSET));
        cr_expect_not(matches(line, "0123456789abcdee", 4242, 1000));
        cr_expect_not(matches(line, "0123456789abcde", 4242, 1000));
        cr_expect_not(matches(line, "", 4242, 1000));
        free(line);
}

Test(request_record, a_record_without_a_login_is_recognized) {
        struct caller caller = alice;
        const struct request_record record = granted(&caller);

        caller.auid = CALLER_UNSET;

        char *line = log_line_of(&record);

        cr_expect(matches(line, ID, 4242, CALLER_UNSET));
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
