/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the next daemon knows about a request that was lost. */
#include "daemon/controld/unfinished.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/harness/catch_stderr.h"

static char folder[] = "/tmp/test-unfinished-XXXXXX", path[64], text[UNFINISHED_TEXT_MAX];
static struct unfinished *page;
static struct task task;

static void begin(void) {
        task = (struct task){ .operation = OPERATION_STOP, .caller.peer.auid = 1000, .id = "0123456789abcdef" };
        cr_assert_not_null(mkdtemp(folder));
        snprintf(path, sizeof(path), "%s/request", folder);
        page = unfinished_new(folder);
        cr_assert_not_null(page);
}

static void end(void) {
        unfinished_free(page);
        unlink(path);
        rmdir(folder);
}

TestSuite(unfinished, .init = begin, .fini = end);

/* Another daemon takes the place of this one. */
static void next_daemon(void) {
        unfinished_free(page);
        page = unfinished_new(folder);
        cr_assert_not_null(page);
}

static void next_daemon_complains(const char *what) {
        char log[4096];
        int caught = catch_stderr();

        next_daemon();
        read_all(caught, log, sizeof(log));
        close(caught);
        cr_expect_not_null(strstr(log, what), "%s", log);
}

static void expect_text(const char *expected) {
        unfinished_explain(page, text, sizeof(text));
        cr_expect_str_eq(text, expected);
}

Test(unfinished, at_first_there_is_nothing) {
        struct stat st;

        expect_text("");
        cr_expect_null(unfinished_take(page));
        next_daemon();
        expect_text("");
        cr_expect_null(unfinished_take(page));
        cr_assert_eq(stat(path, &st), 0);
        cr_expect_eq(st.st_mode & 0777, 0600);
}

Test(unfinished, the_next_daemon_knows_how_far_a_request_came) {
        static const struct {
                enum operation operation;
                enum stage stage;
                const char *text;
        } table[] = {
                { OPERATION_STOP, STAGE_BEGUN,
                  "request 0123456789abcdef to stop auditd was interrupted before auditd got the signal" },
                { OPERATION_RELOAD, STAGE_SIGNALLING,
                  "request 0123456789abcdef to reload auditd was interrupted while it signalled auditd: whether auditd "
                  "has the signal is not known" },
                { OPERATION_RESTART, STAGE_SIGNALLED,
                  "request 0123456789abcdef to restart auditd was interrupted after auditd got the signal: what auditd "
                  "did then was not seen; if auditd does not run now: systemctl start auditd" },
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
                const struct task *lost;

                task.operation = table[i].operation;
                unfinished_begin(page, &task);
                cr_assert_eq(*task.stage, STAGE_BEGUN);
                *task.stage = table[i].stage;
                next_daemon();
                expect_text(table[i].text);
                lost = unfinished_take(page);
                cr_assert_eq(!!lost, table[i].stage == STAGE_BEGUN);
                if (lost)
                        cr_expect(lost->operation == table[i].operation && lost->caller.peer.auid == 1000 &&
                                  !lost->stage);
                cr_expect_null(unfinished_take(page), "it is recorded once");
                next_daemon();
                cr_expect_null(unfinished_take(page), "it is recorded once");
                expect_text(table[i].text);
        }
        unfinished_begin(page, &task);
        unfinished_end(page);
        next_daemon();
        expect_text("");
        cr_expect_null(unfinished_take(page));
}

Test(unfinished, a_worker_that_outlives_its_daemon_is_called_off) {
        struct unfinished *old = page;

        unfinished_begin(page, &task);
        page = unfinished_new(folder);
        cr_expect_eq(*task.stage, STAGE_CALLED_OFF);
        unfinished_free(old);
}

/* Each changes one byte of the page of a request, where a field must be what it is. */
Test(unfinished, what_is_no_page_of_this_version_is_not_read) {
        char bytes[32768];
        ssize_t size;
        int fd;

        unfinished_begin(page, &task);
        fd = open(path, O_RDWR);
        size = pread(fd, bytes, sizeof(bytes), 0);
        cr_assert(size > 0 && size < (ssize_t)sizeof(bytes));
        for (int i = 0; i < 4; i++) {
                char wrong[sizeof(bytes)];

                memcpy(wrong, bytes, (size_t)size);
                if (i == 0)
                        wrong[strlen("auditfail ")] ^= 8; /* another version */
                else if (i == 1)
                        memset(memmem(wrong, (size_t)size, task.id, sizeof(task.id)), 'x', sizeof(task.id));
                else if (i == 2)
                        wrong[32] ^= 1; /* the size */
                cr_assert_eq(ftruncate(fd, 0), 0);
                cr_assert_geq(pwrite(fd, wrong, (size_t)size - (i == 3), 0), 0);
                next_daemon_complains("is not of this version");
                expect_text("");
                unfinished_begin(page, &task);
                next_daemon();
                cr_expect_not_null(unfinished_take(page), "the file can be used again");
        }
        close(fd);
}

Test(unfinished, without_its_file_it_lasts_as_long_as_the_daemon) {
        unlink(path);
        cr_assert_eq(mkdir(path, 0700), 0);
        next_daemon_complains("Cannot keep the request");
        unfinished_begin(page, &task);
        *task.stage = STAGE_SIGNALLED;
        unfinished_explain(page, text, sizeof(text));
        cr_expect_str_not_empty(text);
        rmdir(path);
        unfinished_free(page);
        page = unfinished_new(NULL);
        expect_text("");
}
