/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is asked, and which answer counts. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/client/libauditfail/stub_harness.h"

#define REQUEST(parameters) "{\"method\":\"io.auditfail.Policy.Query\",\"parameters\":{\"close\":true," parameters "}}"

static const char *asked(const char *folder, const struct auditfail_question *question) {
        check(auditfail_ask(question, NULL) == AUDITFAIL_IGNORE);
        return last_request(folder);
}

static const char *asked_for(const char *folder, const char *file) {
        check(audit_failure_action(file) == AUDITFAIL_IGNORE);
        return last_request(folder);
}

static void the_daemons_answer_comes_back_whole(const char *folder) {
        struct auditfail_answer answer;

        serve(folder, reply_ignore);
        memset(&answer, 0xff, sizeof(answer));
        check(auditfail_ask(&(struct auditfail_question){ .application = "served", .error = EPERM }, &answer) ==
              AUDITFAIL_IGNORE);
        check(answer.action == AUDITFAIL_IGNORE);
        check(answer.via == AUDITFAIL_VIA_DAEMON);
        check(answer.generation == 9);
        check(answer.line == SERVED_LINE);
        check(answer.cause == 0);
        check(strcmp(answer.file, SERVED_FILE) == 0);
        check(answer.reserved[0] == 0 && answer.reserved[3] == 0);
}

static void an_application_has_three_names(const char *folder) {
        serve(folder, reply_ignore);
        check(strcmp(asked_for(folder, "passwd"), REQUEST("\"application\":\"passwd\"")) == 0);
        check(strcmp(asked_for(folder, "/etc/auditfail/sshd.conf"), REQUEST("\"application\":\"sshd\"")) == 0);
        check(strcmp(asked_for(folder, "/etc/auditfail.cupsd"), REQUEST("\"application\":\"cupsd\"")) == 0);
        check(strcmp(asked(folder, &(struct auditfail_question){ .application = "/etc/auditfail.cron" }),
                     REQUEST("\"application\":\"cron\"")) == 0);
}

static void what_names_no_application_asks_for_the_default(const char *folder) {
        static const char *const files[] = { NULL, "", "-bash", ".hidden", "/etc/passwd", "a b", "../default", "a\"b" };
        char long_name[1000];

        serve(folder, reply_ignore);
        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
                check(strcmp(asked_for(folder, files[i]), REQUEST("\"application\":\"default\"")) == 0);
        memset(long_name, 'a', sizeof(long_name));
        long_name[sizeof(long_name) - 1] = '\0';
        check(strcmp(asked_for(folder, long_name), REQUEST("\"application\":\"default\"")) == 0);
}

static void without_an_application_the_program_asks_for_itself(const char *folder) {
        char name[] = "a-short-name";

        serve(folder, reply_ignore);
        program_invocation_short_name = name;
        check(strcmp(asked(folder, NULL), REQUEST("\"application\":\"a-short-name\"")) == 0);
}

static void the_error_goes_along_whatever_its_sign(const char *folder) {
        static const struct {
                int error;
                const char *request;
        } errors[] = {
                { EPERM, REQUEST("\"application\":\"x\",\"errno\":1") },
                { -EPERM, REQUEST("\"application\":\"x\",\"errno\":1") },
                { 4095, REQUEST("\"application\":\"x\",\"errno\":4095") },
                { 4096, REQUEST("\"application\":\"x\",\"kind\":\"other\"") },
                { INT_MAX, REQUEST("\"application\":\"x\",\"kind\":\"other\"") },
                { INT_MIN, REQUEST("\"application\":\"x\",\"kind\":\"other\"") },
                { 0, REQUEST("\"application\":\"x\"") },
        };

        serve(folder, reply_ignore);
        for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
                check(strcmp(asked(folder,
                                   &(struct auditfail_question){ .application = "x", .error = errors[i].error }),
                             errors[i].request) == 0);
}

static void operation_and_record_go_along_as_far_as_a_daemon_takes_them(const char *folder) {
        char operation[300], expected[400];

        serve(folder, reply_ignore);
        check(strcmp(asked(folder, &(struct auditfail_question){ .application = "x", .operation = "audit_open" }),
                     REQUEST("\"application\":\"x\",\"operation\":\"audit_open\"")) == 0);
        check(strcmp(asked(folder, &(struct auditfail_question){ .application = "x", .operation = "\xff\n\xc3\xa9~ " }),
                     REQUEST("\"application\":\"x\",\"operation\":\"????~ \"")) == 0);
        memset(operation, 'o', sizeof(operation));
        operation[sizeof(operation) - 1] = '\0';
        snprintf(expected, sizeof(expected), REQUEST("\"application\":\"x\",\"operation\":\"%.64s\""), operation);
        check(strcmp(asked(folder, &(struct auditfail_question){ .application = "x", .operation = operation }),
                     expected) == 0);
        check(strcmp(asked(folder, &(struct auditfail_question){ .application = "x", .record = "ADD_USER" }),
                     REQUEST("\"application\":\"x\",\"record\":\"ADD_USER\"")) == 0);
        check(strcmp(asked(folder, &(struct auditfail_question){ .application = "x", .record = "\xff\n\xc3\xa9~ " }),
                     REQUEST("\"application\":\"x\",\"record\":\"????~ \"")) == 0);
        snprintf(expected, sizeof(expected), REQUEST("\"application\":\"x\",\"record\":\"%.32s\""), operation);
        check(strcmp(asked(folder, &(struct auditfail_question){ .application = "x", .record = operation }),
                     expected) == 0);
}

static void a_question_ahead_says_that_it_is_one(const char *folder) {
        serve(folder, reply_ignore);
        check(strcmp(asked(folder, &(struct auditfail_question){ .application = "x", .flags = AUDITFAIL_AHEAD }),
                     REQUEST("\"application\":\"x\",\"ahead\":true")) == 0);
        check(strcmp(asked(folder, &(struct auditfail_question){ .application = "x", .flags = ~AUDITFAIL_AHEAD }),
                     REQUEST("\"application\":\"x\"")) == 0);
}

/* The longest request: every byte of operation and record needs an escape. */
static void the_longest_question_is_asked(const char *folder) {
        char application[65], operation[65], record[33];

        serve(folder, reply_ignore);
        memset(application, 'a', 64);
        memset(operation, '"', 64);
        memset(record, '\\', 32);
        application[64] = operation[64] = record[32] = '\0';
        check(strlen(asked(folder, &(struct auditfail_question){ .application = application,
                                                                 .operation = operation,
                                                                 .error = 4095,
                                                                 .record = record,
                                                                 .flags = AUDITFAIL_AHEAD })) > 64 + 128 + 64);
}

static void hang_up(int connection) {
        char request[4096];

        check(read(connection, request, sizeof(request)) > 0);
}

static void send_text(int connection, const char *text) {
        check(send(connection, text, strlen(text) + 1, MSG_NOSIGNAL) > 0);
}

static void send_error(int connection) {
        hang_up(connection);
        send_text(connection, "{\"error\":\"io.auditfail.Policy.QuotaExceeded\"}");
}

static void send_garbage(int connection) {
        hang_up(connection);
        send_text(connection, "HTTP/1.1 400 Bad Request");
}

static void expect_snapshot(int cause) {
        struct auditfail_answer answer;

        check(auditfail_ask(NULL, &answer) == AUDITFAIL_LOG);
        check(answer.via == AUDITFAIL_VIA_SNAPSHOT);
        check(answer.cause == cause);
        check(strcmp(answer.file, "/etc/auditfail/default.conf") == 0);
}

static void an_error_of_the_daemon_is_no_answer(const char *folder) {
        leave_snapshot(folder);
        serve(folder, send_error);
        expect_snapshot(EREMOTEIO);
}

static void garbage_is_no_answer(const char *folder) {
        leave_snapshot(folder);
        serve(folder, send_garbage);
        expect_snapshot(EBADMSG);
}

static void hanging_up_is_no_answer(const char *folder) {
        leave_snapshot(folder);
        serve(folder, hang_up);
        expect_snapshot(ECONNRESET);
}

static void a_socket_without_a_daemon_is_no_answer(const char *folder) {
        leave_snapshot(folder);
        close(listen_in(folder, 1));
        expect_snapshot(ECONNREFUSED);
}

static void a_daemon_that_comes_back_is_asked_again(const char *folder) {
        leave_snapshot(folder);
        expect_snapshot(ENOENT);
        expect_snapshot(ENOENT);
        serve(folder, reply_ignore);
        check(auditfail_ask(NULL, NULL) == AUDITFAIL_IGNORE);
}

static void without_daemon_and_snapshot_the_answer_is_terminate(const char *folder) {
        struct auditfail_answer answer;

        (void)folder;
        memset(&answer, 0xff, sizeof(answer));
        check(auditfail_ask(NULL, &answer) == AUDITFAIL_TERMINATE);
        check(answer.action == AUDITFAIL_TERMINATE);
        check(answer.via == AUDITFAIL_VIA_BUILTIN);
        check(answer.cause == ENOENT);
        check(answer.generation == 0 && answer.line == 0 && answer.file[0] == '\0');
        check(audit_failure_action("passwd") == AUDITFAIL_TERMINATE);
}

static void expect_builtin(int cause) {
        struct auditfail_answer answer;

        check(auditfail_ask(NULL, &answer) == AUDITFAIL_TERMINATE);
        check(answer.via == AUDITFAIL_VIA_BUILTIN);
        check(answer.cause == cause);
}

static void without_a_free_descriptor_the_answer_is_terminate(const char *folder) {
        struct rlimit before, few;

        leave_snapshot(folder);
        serve(folder, reply_ignore);
        check(getrlimit(RLIMIT_NOFILE, &before) == 0);
        few = (struct rlimit){ 0, before.rlim_max };
        check(setrlimit(RLIMIT_NOFILE, &few) == 0);
        expect_builtin(EMFILE);
        /* Only standard input is free, which no connection may take. The snapshot may. */
        few.rlim_cur = 1;
        check(setrlimit(RLIMIT_NOFILE, &few) == 0);
        close(STDIN_FILENO);
        expect_snapshot(EINVAL);
        check(setrlimit(RLIMIT_NOFILE, &before) == 0);
        check(auditfail_ask(NULL, NULL) == AUDITFAIL_IGNORE);
}

/* What the program STUB_ASKER takes for the daemon's socket if its environment names FOLDER. */
static const char *socket_in(const char *runtime_folder, const char *folder) {
        static char output[200];
        int ends[2], status;

        check(pipe(ends) == 0);
        pid_t pid = fork();
        if (pid == 0) {
                setenv("AUDITFAIL_RUNTIME_DIR", runtime_folder, 1);
                dup2(ends[1], STDOUT_FILENO);
                execl(getenv("STUB_ASKER"), "asker", folder, NULL);
                _exit(1);
        }
        close(ends[1]);
        check(waitpid(pid, &status, 0) == pid && status == 0);
        ssize_t bytes = read(ends[0], output, sizeof(output) - 1);
        close(ends[0]);
        check(bytes > 0);
        output[bytes] = '\0';
        return output;
}

static void a_folder_that_can_hold_no_socket_is_ignored(const char *folder) {
        static const char own[] = "0 /run/auditfail/io.auditfail.Policy 0\n";
        char path[120] = "/";

        serve(folder, reply_ignore);
        check(strcmp(socket_in("", folder), own) == 0);
        check(strcmp(socket_in("relative/path", folder), own) == 0);
        check(strcmp(socket_in("/there", folder), "0 /there/io.auditfail.Policy 0\n") == 0);
        memset(path + 1, 'x', sizeof(path) - 2);
        check(strcmp(socket_in(path, folder), own) == 0);
}

int main(int argc, char **argv) {
        static const struct promise promises[] = {
                { "the daemon's answer comes back whole", the_daemons_answer_comes_back_whole },
                { "an application is asked for by its name and by either of its files",
                  an_application_has_three_names },
                { "what names no application asks for the default", what_names_no_application_asks_for_the_default },
                { "without an application the program asks for itself",
                  without_an_application_the_program_asks_for_itself },
                { "the error goes along whatever its sign", the_error_goes_along_whatever_its_sign },
                { "operation and record go along as far as a daemon takes them",
                  operation_and_record_go_along_as_far_as_a_daemon_takes_them },
                { "a question ahead says that it is one", a_question_ahead_says_that_it_is_one },
                { "the longest question is asked", the_longest_question_is_asked },
                { "an error of the daemon is no answer: the snapshot's counts", an_error_of_the_daemon_is_no_answer },
                { "garbage is no answer: the snapshot's counts", garbage_is_no_answer },
                { "hanging up is no answer: the snapshot's counts", hanging_up_is_no_answer },
                { "a socket without a daemon is no answer: the snapshot's counts",
                  a_socket_without_a_daemon_is_no_answer },
                { "a daemon that comes back is asked again", a_daemon_that_comes_back_is_asked_again },
                { "without daemon and snapshot the answer is terminate",
                  without_daemon_and_snapshot_the_answer_is_terminate },
                { "without a free descriptor the answer is terminate",
                  without_a_free_descriptor_the_answer_is_terminate },
                { "a folder that can hold no socket is ignored", a_folder_that_can_hold_no_socket_is_ignored },
        };

        return run_promises(argc, argv, promises, sizeof(promises) / sizeof(promises[0]));
}
