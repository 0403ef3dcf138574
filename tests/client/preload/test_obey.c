/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps of obey.c, with a policy and a process that the test makes up. */
#include "client/preload/obey.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/preload/loss_log.h"
#include "client/preload/stderr_line.h"
#include "client/preload/this_program.h"
#include "client/shim/common_user.h"

#define EXIT_STATUS 99

/* The process, and what the policy answers. */
static struct preload_facts facts;
static bool common, on_terminal, log_works;
static struct auditfail_answer answer;

/* What obey.c did. In shared memory, since obey.c ends processes. */
struct counts {
        int asked_ahead, asked, logged, printed;
};
static struct counts *counts;

enum auditfail_action auditfail_ask(const struct auditfail_question *question, struct auditfail_answer *ret) {
        if (question->flags & AUDITFAIL_AHEAD)
                counts->asked_ahead++;
        else
                counts->asked++;
        cr_assert_str_eq(question->application, "useradd");
        *ret = answer;
        errno = EIO; /* the program must not see this */
        return ret->action;
}

bool is_common_user(int error) {
        (void)error;
        return common;
}

const struct preload_facts *this_program(void) {
        return &facts;
}

void this_program_application(char ret[static APPLICATION_NAME_MAX + 1]) {
        strcpy(ret, "useradd");
}

int this_program_exit_status(void) {
        return EXIT_STATUS;
}

bool loss_log_write(const struct auditfail_question *question, const struct auditfail_answer *from, const char *text) {
        (void)question, (void)from;
        cr_assert_not_null(strstr(text, "audit record"));
        counts->logged++;
        return log_works;
}

void stderr_line(const char *text) {
        cr_assert_not_null(strstr(text, "audit record"));
        counts->printed++;
}

bool stderr_line_is_seen(void) {
        return on_terminal;
}

/* A row's process is root's, without a terminal, unless the row says otherwise. */
struct row {
        const char *what;
        bool ahead, common, secure, listed, on_terminal, log_fails;
        enum auditfail_action action;
        enum auditfail_via via;
        const char *file;
        int asked_ahead, asked, logged, printed; /* struct counts */
        bool stops;
};

#define OWN     "/etc/auditfail/useradd.conf"
#define DEFAULT "/etc/auditfail/default.conf"

static const struct row rows[] = {
        /* auditfaild reports what it answers */
        { .what = "ignore", .file = OWN, .asked = 1 },
        { .what = "log", .action = AUDITFAIL_LOG, .file = OWN, .asked = 1 },
        { .what = "log, seen", .action = AUDITFAIL_LOG, .file = OWN, .on_terminal = true, .asked = 1, .printed = 1 },
        { .what = "terminate", .action = AUDITFAIL_TERMINATE, .file = OWN, .asked = 1, .printed = 1, .stops = true },
        { .what = "unknown action", .action = 7, .file = OWN, .asked = 1, .printed = 1, .stops = true },
        /* the library reports other answers */
        { .what = "snapshot", .via = AUDITFAIL_VIA_SNAPSHOT, .action = AUDITFAIL_LOG, .asked = 1, .logged = 1 },
        { .what = "no log",
          .via = AUDITFAIL_VIA_SNAPSHOT,
          .action = AUDITFAIL_LOG,
          .log_fails = true,
          .asked = 1,
          .logged = 1,
          .printed = 1 },
        /* before a record is lost, only a stop is reported */
        { .what = "ahead, ignore", .ahead = true, .asked_ahead = 1 },
        { .what = "ahead, log", .ahead = true, .action = AUDITFAIL_LOG, .asked_ahead = 1 },
        { .what = "ahead, terminate",
          .ahead = true,
          .action = AUDITFAIL_TERMINATE,
          .asked_ahead = 1,
          .asked = 1,
          .printed = 1,
          .stops = true },
        { .what = "ahead, snapshot",
          .ahead = true,
          .via = AUDITFAIL_VIA_SNAPSHOT,
          .action = AUDITFAIL_TERMINATE,
          .asked_ahead = 1,
          .logged = 1,
          .printed = 1,
          .stops = true },
        /* an ordinary user's process obeys only the policy of its application */
        { .what = "user, setuid", .common = true, .secure = true, .action = AUDITFAIL_TERMINATE, .file = OWN },
        { .what = "user, default", .common = true, .action = AUDITFAIL_TERMINATE, .file = DEFAULT, .asked_ahead = 1 },
        { .what = "user, own",
          .common = true,
          .action = AUDITFAIL_TERMINATE,
          .file = OWN,
          .asked_ahead = 1,
          .asked = 1,
          .printed = 1,
          .stops = true },
        { .what = "user, no answer",
          .common = true,
          .via = AUDITFAIL_VIA_BUILTIN,
          .action = AUDITFAIL_TERMINATE,
          .asked_ahead = 1,
          .logged = 1 },
        { .what = "user, no answer, LD_PRELOAD",
          .common = true,
          .listed = true,
          .via = AUDITFAIL_VIA_BUILTIN,
          .action = AUDITFAIL_TERMINATE,
          .asked_ahead = 1,
          .logged = 1,
          .printed = 1,
          .stops = true },
};

static void run(const struct row *row) {
        facts = (struct preload_facts){ .secure = row->secure, .in_ld_preload = row->listed, .executable = "" };
        common = row->common;
        on_terminal = row->on_terminal;
        log_works = !row->log_fails;
        answer = (struct auditfail_answer){ .action = row->action, .via = row->via, .line = 1 };
        strcpy(answer.file, row->file ?: "");
        errno = ENOENT;
        if (row->ahead)
                obey_ahead("audit_open", EPERM);
        else
                obey_loss("audit_log_acct_message", "ADD_USER", EPERM);
        cr_expect_eq(errno, ENOENT, "%s", row->what);
}

static void expect_stop(const struct row *row) {
        int status;
        pid_t child = fork();

        cr_assert_geq(child, 0);
        if (child == 0) {
                run(row);
                _exit(0);
        }
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_STATUS, "%s: %d", row->what, status);
}

Test(obey, each_answer_is_obeyed_and_reported_once) {
        counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        cr_assert_neq(counts, MAP_FAILED);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct row *row = &rows[i];

                *counts = (struct counts){ 0 };
                if (row->stops)
                        expect_stop(row);
                else
                        run(row);
                cr_expect_eq(counts->asked_ahead, row->asked_ahead, "%s: %d", row->what, counts->asked_ahead);
                cr_expect_eq(counts->asked, row->asked, "%s: %d", row->what, counts->asked);
                cr_expect_eq(counts->logged, row->logged, "%s: %d", row->what, counts->logged);
                cr_expect_eq(counts->printed, row->printed, "%s: %d", row->what, counts->printed);
        }
        munmap(counts, sizeof(*counts));
}
