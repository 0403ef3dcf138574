/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nothing here reaches this machine's journal or trail: the journal is a socket in a mount namespace, and before
 * anything is sent to the kernel the test gives up CAP_AUDIT_WRITE.
 */
#include <auparse.h>
#include <cap-ng.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "report.h"
#include "report_journal.h"
#include "report_trail.h"

static struct decision passwd_decision(void) {
        return (struct decision){
                .application = "passwd",
                .operation = "audit_log_user_message",
                .file = "/etc/auditfail/passwd.conf",
                .line = 2,
                .action = AUDITFAIL_TERMINATE,
                .kind = KIND_DENIED,
                .error = EPERM,
                .suppressed = 3,
                .peer = { .pid = 123,
                          .uid = 0,
                          .auid = 1000,
                          .session = 7,
                          .program = "passwd",
                          .unit = "session-7.scope",
                          .exe = "/usr/bin/passwd" },
        };
}

/* A decision of which as little is known as can be. */
static struct decision bare_decision(void) {
        return (struct decision){
                .application = "hwclock",
                .action = AUDITFAIL_TERMINATE,
                .kind = KIND_NONE,
                .peer = { .uid = 4294967294, .auid = PEER_UNSET, .session = PEER_UNSET },
        };
}

/* What may be in a string that a caller wrote. */
static const char *const hostile[] = {
        "x' res=success",
        "x'res=success'",
        "x\" auid=0 x=\"",
        "x auid=0",
        "x\nauid=0",
        "x\ntype=USER_LOGIN msg=audit(1.1:1): pid=1",
        "x\035UID=\"root\"",
        "x\nAUDITFAIL_APPLICATION=passwd",
        "res=success",
        "M\303\274ller \342\200\256gpj",
        "\033[31m\302\23331m",
        "\377\376",
        "%s%n%d",
        "\\x0a",
        "----------------------------------------------------------------",
        "''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''",
};

#define HOSTILE_COUNT (sizeof(hostile) / sizeof(*hostile))

/* The journal entry */

/* The value of the field NAME, NULL where there is none. It must not be there twice. */
static const char *field(const struct journal_entry *entry, const char *name) {
        const char *found = NULL;

        for (size_t i = 0; i < entry->count; i++) {
                const char *text = entry->fields[i].iov_base;

                cr_assert_eq(strlen(text), entry->fields[i].iov_len);
                if (strncmp(text, name, strlen(name)) != 0 || text[strlen(name)] != '=')
                        continue;
                cr_assert_null(found, "%s twice", name);
                found = text + strlen(name) + 1;
        }
        return found;
}

Test(report_journal, an_entry_has_every_field_that_is_known) {
        const struct decision decision = passwd_decision();
        struct journal_entry entry;

        cr_assert_eq(journal_entry_new(&decision, &entry), 0);
        cr_expect_str_eq(field(&entry, "MESSAGE_ID"), "6e5f56a498b34df28f26198f5fc86e41");
        cr_expect_str_eq(field(&entry, "PRIORITY"), "3");
        cr_expect_str_eq(field(&entry, "SYSLOG_IDENTIFIER"), "auditfaild");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_APPLICATION"), "passwd");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_ACTION"), "terminate");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_KIND"), "denied");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_ERRNO"), "1");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_OPERATION"), "audit_log_user_message");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_FILE"), "/etc/auditfail/passwd.conf");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_LINE"), "2");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_PID"), "123");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_UID"), "0");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_AUID"), "1000");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_SESSION"), "7");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_PROGRAM"), "passwd");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_UNIT"), "session-7.scope");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_EXE"), "/usr/bin/passwd");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_SUPPRESSED"), "3");
        cr_expect_eq(entry.count, 19);
        journal_entry_clear(&entry);
}

Test(report_journal, what_is_not_known_has_no_field) {
        const struct decision decision = bare_decision();
        struct journal_entry entry;

        cr_assert_eq(journal_entry_new(&decision, &entry), 0);
        cr_expect_str_eq(field(&entry, "AUDITFAIL_UID"), "4294967294");
        cr_expect_str_eq(field(&entry, "AUDITFAIL_SUPPRESSED"), "0");
        cr_expect_eq(entry.count, 8, "MESSAGE, MESSAGE_ID, PRIORITY, SYSLOG_IDENTIFIER, APPLICATION, ACTION and these");
        journal_entry_clear(&entry);
}

static void expect_message(const struct decision *decision, const char *message) {
        struct journal_entry entry;

        cr_assert_eq(journal_entry_new(decision, &entry), 0);
        cr_expect_str_eq(field(&entry, "MESSAGE"), message);
        journal_entry_clear(&entry);
}

Test(report_journal, the_message_is_a_sentence_that_says_what_is_known) {
        struct decision decision = passwd_decision();

        decision.suppressed = 0;
        expect_message(&decision, "passwd (pid 123, uid 0, auid 1000) could not write to the audit trail "
                                  "(audit_log_user_message: EPERM): told to terminate by /etc/auditfail/passwd.conf:2");
        strcpy(decision.peer.program, "python3");
        decision.action = AUDITFAIL_LOG;
        decision.operation[0] = 0;
        decision.suppressed = 12;
        expect_message(&decision,
                       "passwd (program python3, pid 123, uid 0, auid 1000) could not write to the audit trail "
                       "(EPERM): told to log it and go on by /etc/auditfail/passwd.conf:2; "
                       "left out before this one: 12");
        decision = passwd_decision();
        decision.suppressed = 0;
        decision.error = 0;
        decision.line = 0;
        expect_message(&decision, "passwd (pid 123, uid 0, auid 1000) could not write to the audit trail "
                                  "(audit_log_user_message: denied): told to terminate, since "
                                  "/etc/auditfail/passwd.conf could not be used");
        decision = bare_decision();
        expect_message(&decision,
                       "hwclock (uid 4294967294) could not write to the audit trail: told to terminate, since "
                       "there is no policy");
        decision.error = 4000;
        decision.action = AUDITFAIL_IGNORE;
        expect_message(&decision, "hwclock (uid 4294967294) could not write to the audit trail (errno 4000): told to "
                                  "ignore it, since there is no policy");
}

Test(report_journal, the_priority_follows_the_action) {
        static const char *const priorities[] = { "6", "4", "3" };
        struct decision decision = passwd_decision();
        struct journal_entry entry;

        for (int action = 0; action < ACTION_COUNT; action++) {
                decision.action = (enum auditfail_action)action;
                cr_assert_eq(journal_entry_new(&decision, &entry), 0);
                cr_expect_str_eq(field(&entry, "PRIORITY"), priorities[action]);
                journal_entry_clear(&entry);
        }
}

Test(report_journal, nothing_that_a_caller_writes_forges_a_field_or_a_line) {
        for (size_t i = 0; i < HOSTILE_COUNT; i++) {
                struct decision decision = passwd_decision();
                struct journal_entry entry;

                snprintf(decision.operation, sizeof(decision.operation), "%s", hostile[i]);
                snprintf(decision.file, sizeof(decision.file), "%s", hostile[i]);
                snprintf(decision.peer.exe, sizeof(decision.peer.exe), "%s", hostile[i]);
                cr_assert_eq(journal_entry_new(&decision, &entry), 0);
                cr_expect_eq(entry.count, 19);
                cr_expect_str_eq(field(&entry, "AUDITFAIL_APPLICATION"), "passwd");
                for (size_t j = 0; j < entry.count; j++)
                        for (const char *c = entry.fields[j].iov_base; *c; c++)
                                cr_expect(*c >= 0x20 && *c < 0x7f, "\"%s\" lets byte %d through", hostile[i], *c);
                journal_entry_clear(&entry);
        }
}

Test(report_journal, an_escape_can_be_undone) {
        struct decision decision = passwd_decision();
        struct journal_entry entry;

        strcpy(decision.operation, "a\nb\\x0a\377");
        cr_assert_eq(journal_entry_new(&decision, &entry), 0);
        cr_expect_str_eq(field(&entry, "AUDITFAIL_OPERATION"), "a\\x0ab\\x5cx0a\\xff");
        journal_entry_clear(&entry);
}

/* The audit record */

/* The line that auditd would write for DECISION. */
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

/* Opens LINE, and goes to the first field of its only record. */
static auparse_state_t *parse(const char *line) {
        auparse_state_t *parser = auparse_init(AUSOURCE_BUFFER, line);

        cr_assert_not_null(parser);
        cr_assert_eq(auparse_first_record(parser), 1);
        cr_assert_eq(auparse_get_num_records(parser), 1, "more than one record in %s", line);
        auparse_first_field(parser);
        return parser;
}

static void expect_field(auparse_state_t *parser, const char *name, const char *value) {
        auparse_first_record(parser);

        const char *found = auparse_find_field(parser, name);

        cr_assert_not_null(found, "no %s", name);
        found = auparse_interpret_field(parser);
        cr_expect_str_eq(found, value, "%s is \"%s\", not \"%s\"", name, found, value);
}

Test(report_trail, a_record_says_it_all) {
        const struct decision decision = passwd_decision();
        char *message = trail_message(&decision);

        cr_expect_str_eq(message,
                         "op=audit-failure application=\"passwd\" operation=\"audit_log_user_message\" exit=-1 "
                         "kind=denied answer=terminate file=\"/etc/auditfail/passwd.conf\" line=\"2\" opid=\"123\" "
                         "oauid=1000 uid=0 oses=\"7\" ocomm=\"passwd\" unit=\"session-7.scope\" suppressed=\"3\"");
        free(message);
}

Test(report_trail, what_is_not_known_is_a_question_mark) {
        const struct decision decision = bare_decision();
        char *message = trail_message(&decision);

        cr_expect_str_eq(message,
                         "op=audit-failure application=\"hwclock\" operation=? kind=? answer=terminate file=? line=? "
                         "opid=? oauid=4294967295 uid=4294967294 oses=? ocomm=? unit=? suppressed=\"0\"");
        free(message);
}

/* auparse guesses what fields of this type of record are, and a number that it takes for hexadecimal text comes out as
 * junk. */
Test(report_trail, auparse_reads_every_field_as_it_was_meant) {
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

static size_t count_fields(const char *line) {
        auparse_state_t *parser = parse(line);
        size_t count = auparse_get_num_fields(parser);

        auparse_destroy(parser);
        return count;
}

Test(report_trail, nothing_that_a_caller_writes_forges_a_field) {
        struct decision decision = passwd_decision();
        char *line = log_line_of(&decision);
        const size_t count = count_fields(line);

        free(line);
        for (size_t i = 0; i < HOSTILE_COUNT; i++) {
                snprintf(decision.operation, sizeof(decision.operation), "%s", hostile[i]);
                snprintf(decision.file, sizeof(decision.file), "%s", hostile[i]);
                line = log_line_of(&decision);
                cr_expect_eq(count_fields(line), count, "%s", line);

                auparse_state_t *parser = parse(line);

                expect_field(parser, "auid", "4294967295");
                expect_field(parser, "res", "failed");
                auparse_destroy(parser);
                free(line);
        }
}

/* The result of ausearch OPTIONS on LINE: whether it found the record. */
static bool ausearch_finds(const char *line, const char *options) {
        char path[] = "/tmp/auditfail-report-XXXXXX", command[256];
        int fd = mkstemp(path);
        bool found;

        cr_assert_eq(write(fd, line, strlen(line)), (ssize_t)strlen(line));
        close(fd);
        snprintf(command, sizeof(command), "ausearch -if %s %s >/dev/null 2>&1", path, options);
        found = system(command) == 0;
        unlink(path);
        return found;
}

Test(report_trail, ausearch_finds_it_by_program_user_and_result_whatever_callers_write) {
        if (system("command -v ausearch >/dev/null") != 0)
                cr_skip("needs ausearch");
        for (size_t i = 0; i < HOSTILE_COUNT; i++) {
                struct decision decision = passwd_decision();

                decision.peer.uid = 33;
                snprintf(decision.operation, sizeof(decision.operation), "%s", hostile[i]);

                char *line = log_line_of(&decision);

                cr_expect(ausearch_finds(line, "-m TRUSTED_APP -sv no"), "%s", line);
                cr_expect_not(ausearch_finds(line, "-sv yes"), "%s", line);
                cr_expect(ausearch_finds(line, "-c passwd -ui 33"), "%s", line);
                cr_expect_not(ausearch_finds(line, "-ul 0"), "%s", line);
                free(line);
        }
}

/* The threads */

/* A mount namespace in which the journal is the socket that is returned. Skips the test where that is not allowed. */
static int pretend_journal(void) {
        static const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket" };
        int fd;

        if (unshare(getuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) < 0 ||
            mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount("tmpfs", "/run", "tmpfs", 0, NULL) < 0)
                cr_skip("needs a mount namespace: %s", strerror(errno));
        cr_assert_eq(mkdir("/run/systemd", 0755), 0);
        cr_assert_eq(mkdir("/run/systemd/journal", 0755), 0);
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        cr_assert_eq(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
        return fd;
}

/* stderr as something that can be read: what is written from here on. */
static int catch_stderr(void) {
        int ends[2];

        cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
        cr_assert_geq(dup2(ends[1], STDERR_FILENO), 0);
        close(ends[1]);
        return ends[0];
}

static void read_all(int fd, char *text, size_t size) {
        size_t length = 0;

        fcntl(fd, F_SETFL, O_NONBLOCK);
        for (ssize_t n; length < size - 1 && (n = read(fd, text + length, size - 1 - length)) > 0;)
                length += (size_t)n;
        text[length] = 0;
}

Test(report, a_decision_arrives_in_the_journal_as_it_was_submitted, .timeout = 30) {
        const struct decision decision = passwd_decision();
        struct reporter *reporter;
        struct journal_entry entry;
        char datagram[8192];
        int journal = pretend_journal();

        cr_assert_eq(reporter_new(true, false, &reporter), 0);
        cr_expect(reporter_submit(reporter, &decision));
        reporter = reporter_free(reporter);
        cr_expect_null(reporter);

        ssize_t length = recv(journal, datagram, sizeof(datagram) - 1, MSG_DONTWAIT);

        cr_assert_gt(length, 0, "what was queued is written before the thread ends");
        datagram[length] = 0;
        cr_assert_eq(journal_entry_new(&decision, &entry), 0);
        for (size_t i = 0; i < entry.count; i++) {
                const char *found = strstr(datagram, entry.fields[i].iov_base);

                cr_assert_not_null(found, "%s is missing", (char *)entry.fields[i].iov_base);
                cr_expect_eq(found[entry.fields[i].iov_len], '\n');
        }
        journal_entry_clear(&entry);
}

Test(report, without_a_journal_a_decision_is_a_line_on_stderr) {
        const struct decision decision = passwd_decision();
        struct reporter *reporter;
        char text[1024];
        int fd = catch_stderr();

        cr_assert_eq(reporter_new(false, false, &reporter), 0);
        cr_expect_not(reporter_trail_works(reporter));
        cr_expect(reporter_submit(reporter, &decision));
        reporter_free(reporter);
        read_all(fd, text, sizeof(text));
        cr_expect_str_eq(text, "auditfaild: passwd (pid 123, uid 0, auid 1000) could not write to the audit trail "
                               "(audit_log_user_message: EPERM): told to terminate by /etc/auditfail/passwd.conf:2; "
                               "left out before this one: 3\n");
}

Test(report, a_journal_that_is_not_there_is_no_reason_for_silence) {
        const struct decision decision = passwd_decision();
        struct reporter *reporter;
        char text[1024];
        int fd;

        pretend_journal();
        unlink("/run/systemd/journal/socket");
        fd = catch_stderr();
        cr_assert_eq(reporter_new(true, false, &reporter), 0);
        reporter_submit(reporter, &decision);
        reporter_free(reporter);
        read_all(fd, text, sizeof(text));
        cr_expect_not_null(strstr(text, "told to terminate"), "%s", text);
}

static time_t seconds(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec;
}

/* A journal that nobody reads takes a few datagrams and blocks from then on, as one that is stopped does. */
Test(report, a_journal_that_hangs_holds_up_neither_submit_nor_free, .timeout = 30) {
        const struct decision decision = passwd_decision();
        struct reporter *reporter;
        size_t taken = 0;
        char text[1024], byte;
        int journal = pretend_journal(), fd = catch_stderr();
        time_t start = seconds();

        log_to_journal(true);
        cr_assert_eq(reporter_new(true, false, &reporter), 0);
        while (taken < 10000 && reporter_submit(reporter, &decision))
                taken++;
        cr_expect_geq(taken, REPORT_QUEUE_MAX);
        cr_expect_lt(taken, 10000, "the queue has an end");
        reporter_free(reporter);
        cr_expect_lt(seconds() - start, 10, "2 s are promised, and this machine is slow");
        read_all(fd, text, sizeof(text));
        cr_expect_not_null(strstr(text, "The journal takes nothing"), "%s", text);

        /* The thread still has all that it needs: it goes on as soon as it can, and writes the rest. */
        for (size_t i = 0; i < taken; i++)
                cr_assert_gt(recv(journal, &byte, 1, 0), 0);
}

Test(report, what_a_queue_left_out_is_said_when_it_moves_again, .timeout = 30) {
        const struct decision decision = passwd_decision();
        struct reporter *reporter;
        size_t taken = 0;
        char text[1024], byte;
        int journal = pretend_journal(), fd = catch_stderr();

        cr_assert_eq(reporter_new(true, false, &reporter), 0);
        while (taken < 10000 && reporter_submit(reporter, &decision))
                taken++;
        for (size_t i = 0; i < taken; i++)
                cr_assert_gt(recv(journal, &byte, 1, 0), 0);
        reporter_free(reporter);
        read_all(fd, text, sizeof(text));
        cr_expect_not_null(strstr(text, "The journal was too slow: decisions left out there: 1"), "%s", text);
}

/* Makes sure that the kernel refuses whatever this process sends to it. */
static void give_up_audit_write(void) {
        cr_assert_eq(capng_get_caps_process(), 0);
        capng_update(CAPNG_DROP, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE, CAP_AUDIT_WRITE);
        cr_assert_eq(capng_apply(CAPNG_SELECT_CAPS), 0);
        cr_assert_eq(capng_get_caps_process(), 0);
        cr_assert_not(capng_have_capability(CAPNG_EFFECTIVE, CAP_AUDIT_WRITE));
}

static size_t count(const char *text, const char *word) {
        size_t times = 0;

        for (const char *found = text; (found = strstr(found, word)); found += strlen(word))
                times++;
        return times;
}

Test(report, a_trail_that_refuses_is_mentioned_once_with_the_cause, .timeout = 30) {
        const struct decision decision = passwd_decision();
        struct trail *trail;
        char text[4096];
        int fd = catch_stderr();

        give_up_audit_write();
        cr_assert_eq(trail_new(&trail), 0);
        trail_probe(trail);
        cr_expect_not(trail_works(trail));
        for (int i = 0; i < 3; i++)
                trail_write(trail, &decision);
        cr_expect_not(trail_works(trail));
        trail_free(trail);
        read_all(fd, text, sizeof(text));
        cr_expect_eq(count(text, "Cannot write to the audit trail"), 1, "%s", text);
        cr_expect_not_null(strstr(text, strerror(EPERM)), "%s", text);
}

Test(report, a_refusal_is_found_out_without_a_probe_too, .timeout = 30) {
        const struct decision decision = passwd_decision();
        struct trail *trail;
        char text[4096];
        int fd = catch_stderr();

        give_up_audit_write();
        cr_assert_eq(trail_new(&trail), 0);
        trail_write(trail, &decision);
        cr_expect_not(trail_works(trail));
        trail_free(trail);
        read_all(fd, text, sizeof(text));
        cr_expect_not_null(strstr(text, strerror(EPERM)), "libaudit says 0 then, which is no success: %s", text);
}

Test(report, in_a_user_namespace_all_capabilities_are_of_no_use, .timeout = 30) {
        char text[4096];
        int fd = catch_stderr(), status;
        pid_t child = fork(); /* as only a process of one thread can enter */

        cr_assert_geq(child, 0);
        if (child == 0) {
                struct trail *trail;

                if (unshare(CLONE_NEWUSER) < 0 || trail_new(&trail) < 0)
                        _exit(2);
                trail_probe(trail);
                _exit(trail_works(trail));
        }
        cr_assert_eq(waitpid(child, &status, 0), child);
        if (WEXITSTATUS(status) == 2)
                cr_skip("needs a user namespace");
        cr_expect_eq(status, 0);
        read_all(fd, text, sizeof(text));
        cr_expect_not_null(strstr(text, strerror(ECONNREFUSED)), "%s", text);
}

Test(report, the_journal_has_what_the_trail_refuses, .timeout = 30) {
        const struct decision decision = passwd_decision();
        struct reporter *reporter;
        char text[4096];
        int fd = catch_stderr();

        give_up_audit_write();
        cr_assert_eq(reporter_new(false, true, &reporter), 0);
        cr_expect(reporter_submit(reporter, &decision));
        reporter_free(reporter);
        read_all(fd, text, sizeof(text));
        cr_expect_not_null(strstr(text, "told to terminate by /etc/auditfail/passwd.conf:2"), "%s", text);
        cr_expect_not_null(strstr(text, "Cannot write to the audit trail"), "%s", text);
}

Test(report, freeing_nothing_is_fine) {
        cr_expect_null(reporter_free(NULL));
        cr_expect_null(trail_free(NULL));
}
