/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* auditfail-controld's parts without memory, or without a system call that they need. */
#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/controld/auditd/auditd.h"
#include "daemon/controld/auditd/auditd_conf.h"
#include "daemon/controld/auditd/log_watch.h"
#include "daemon/controld/auditd/request_record.h"
#include "daemon/controld/auditd/rules.h"
#include "daemon/controld/caller/authority.h"
#include "daemon/controld/caller/caller.h"
#include "daemon/controld/worker.h"
#include "protocol/clock.h"
#include "tests/daemon/common/shortage.h"
#include "tests/harness/catch_stderr.h"
#include "tests/harness/parameterized.h"

static sd_event *event;
static struct caller caller;
static const struct request_record record = { .operation = "stop", .id = "0123456789abcdef", .caller = &caller };
static char folder[] = "/tmp/auditfail-shortage-XXXXXX", file[64];

static void setup(void) {
        cr_assert_geq(sd_event_default(&event), 0);
        cr_assert_not_null(mkdtemp(folder));
        snprintf(file, sizeof(file), "%s/audit.log", folder);

        FILE *log = fopen(file, "we");

        cr_assert_geq(fputs("half a line", log), 0);
        fclose(log);
}

static void teardown(void) {
        sd_event_unref(event);
        unlink(file);
        rmdir(folder);
}

TestSuite(controld_memory, .init = setup, .fini = teardown);

static int no_authority(void) {
        struct authority *authority = NULL;

        return authority_new(event, &authority_limits, &authority);
}

static int no_worker(void) {
        const struct task task = { .operation = OPERATION_STATUS };
        struct worker *worker = NULL;
        int r = worker_start(event, &task, NULL, NULL, &worker);

        while (r < 0 && wait(NULL) > 0)
                ; /* it sees the end of its channel */
        return r;
}

static int no_message(void) {
        return request_message(&record) ? 0 : -ENOMEM;
}

static int no_record(void) {
        return request_record_write(&record);
}

static int no_watch(void) {
        struct log_watch *watch = NULL;

        return log_watch_new(file, &watch);
}

static int no_conf(void) {
        static struct auditd_conf conf;

        return auditd_conf_read(folder, &conf);
}

static int no_conf_folder(void) {
        static char path[PATH_MAX];

        return auditd_conf_folder("/proc", getpid(), path);
}

static int (*const makers[])(void) = {
        no_authority, no_worker, no_message, no_record, no_watch, no_conf, no_conf_folder
};

ParameterizedTestParameters(controld_memory, what_needs_memory_fails_without_it) {
        static size_t rows[] = { 0, 1, 2, 3, 4, 5, 6 };

        return cr_make_param_array(size_t, rows, sizeof(rows) / sizeof(*rows));
}

ParameterizedTest(size_t *row, controld_memory, what_needs_memory_fails_without_it) {
        int r;

#ifdef __SANITIZE_ADDRESS__
        teardown(); /* a test that is skipped has none */
#endif
        take_memory();
        r = makers[*row]();
        give_memory();
        cr_expect_eq(r, -ENOMEM, "maker %zu returned %d", *row, r);
}

static int new_id(void) {
        char id[REQUEST_ID_LENGTH + 1];

        return request_id(id);
}

static int load_rules(void) {
        char output[128];
        bool loaded = rules_load(folder, monotonic_usec() + 5000000, output, sizeof(output));

        return !loaded && strstr(output, "Permission denied") ? -EACCES : 0;
}

static int open_auditd(void) {
        struct auditd auditd;

        cr_expect_not(auditd_open(getpid(), &auditd), "this is no auditd");
        return auditd.process < 0 ? -EACCES : 0;
}

static int signal_auditd(void) {
        const struct auditd auditd = { .pid = getpid(), .process = -1 };

        return auditd_signal(&auditd, 0);
}

enum { ID, RULES, AUDITD, SIGNAL, WATCH, WORKER };

static int (*const calls[])(void) = {
        [ID] = new_id,      [RULES] = load_rules, [AUDITD] = open_auditd, [SIGNAL] = signal_auditd,
        [WATCH] = no_watch, [WORKER] = no_worker,
};

/* From now on, system call NUMBER fails with EACCES. */
static void refuse(long number) {
        char byte;

        refuse_call(number, ANY_ARGUMENT, 0, EACCES);
        if (number == SYS_getrandom && getrandom(&byte, 1, 0) == 1) {
                teardown(); /* Criterion does not call it for a skipped test */
                cr_skip_test("the C library gets random numbers from the vDSO, without a system call");
        }
}

struct refused {
        size_t what;
        long call;
};

ParameterizedTestParameters(controld_memory, a_refused_system_call_is_an_error) {
        static struct refused rows[] = {
                { ID, SYS_getrandom },        { RULES, SYS_pipe2 },
                { AUDITD, SYS_pidfd_open },   { SIGNAL, SYS_pidfd_send_signal },
                { WATCH, SYS_inotify_init1 }, { WATCH, SYS_inotify_add_watch },
                { WATCH, SYS_pread64 },       { WORKER, SYS_socketpair },
                { WORKER, SYS_pidfd_open },   { WORKER, SYS_epoll_ctl },
        };

        return cr_make_param_array(struct refused, rows, sizeof(rows) / sizeof(*rows));
}

ParameterizedTest(struct refused *row, controld_memory, a_refused_system_call_is_an_error) {
        int r;

        refuse(row->call);
        r = calls[row->what]();
        cr_expect_eq(r, -EACCES, "call %ld: %d", row->call, r);
}

/* What identity_establish() cannot have: the random number, descriptors, or a process that lives. */
struct unknown {
        long refused;
        bool without_descriptors, ended;
        enum mismatch mismatch;
        char said[32];
};

ParameterizedTestParameters(controld_memory, a_process_that_cannot_be_identified_gets_no_token) {
        static struct unknown rows[] = {
                { 0, false, false, MISMATCH_NONE, "" },
                { SYS_getrandom, false, false, MISMATCH_UNKNOWN, "no random numbers: Permission" },
                { 0, true, false, MISMATCH_UNKNOWN, "no pidfd: Too many open files" },
                { 0, false, true, MISMATCH_ENDED, "" },
        };

        return cr_make_param_array(struct unknown, rows, sizeof(rows) / sizeof(*rows));
}

ParameterizedTest(struct unknown *row, controld_memory, a_process_that_cannot_be_identified_gets_no_token) {
        struct identity identity = { .process = -1 };
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), connection, said;
        enum mismatch mismatch;
        char text[256], byte;

        if (row->refused)
                refuse(row->refused);
        snprintf(address.sun_path, sizeof(address.sun_path), "%s", file);
        unlink(file);
        cr_assert_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
        cr_assert_eq(listen(listener, 1), 0);

        pid_t child = fork();

        if (child == 0) {
                int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

                if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
                        (void)!read(fd, &byte, 1);
                _exit(0);
        }
        connection = accept(listener, NULL, NULL);
        cr_assert_eq(identity_begin(connection, &identity), MISMATCH_NONE);
        if (row->ended) {
                shutdown(connection, SHUT_RDWR);
                waitpid(child, NULL, 0);
        }
        said = catch_stderr();
        if (row->without_descriptors)
                take_descriptors();
        mismatch = identity_establish(&identity, connection);
        give_descriptors();
        read_all(said, text, sizeof(text));
        cr_expect_eq(mismatch, row->mismatch);
        cr_expect_eq(*identity.token != 0, mismatch == MISMATCH_NONE);
        cr_expect_not_null(strstr(text, row->said), "%s", text);
        identity_end(&identity);
        close(connection);
        if (!row->ended)
                waitpid(child, NULL, 0);
}

Test(controld_memory, a_record_without_a_descriptor_for_the_kernel_is_not_written) {
        int r;

        take_descriptors();
        r = request_record_write(&record);
        give_descriptors();
        cr_expect_eq(r, -EMFILE);
}

Test(controld_memory, a_log_without_a_folder_or_a_name_is_refused) {
        static const char *const paths[] = { "audit.log", "/audit.log", "/tmp/", "" };
        struct log_watch *watch = NULL;
        char path[NAME_MAX + 8];

        for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
                cr_expect_eq(log_watch_new(paths[i], &watch), -EINVAL, "%s", paths[i]);
        memset(path, 'x', sizeof(path));
        memcpy(path, "/tmp/", strlen("/tmp/"));
        path[strlen("/tmp/") + NAME_MAX + 1] = 0;
        cr_expect_eq(log_watch_new(path, &watch), -ENAMETOOLONG);
        cr_expect_null(watch);
}

ParameterizedTestParameters(controld_memory, a_log_that_cannot_be_read_on_is_an_error) {
        static long rows[] = { SYS_pread64, SYS_newfstatat };

        return cr_make_param_array(long, rows, sizeof(rows) / sizeof(*rows));
}

ParameterizedTest(long *call, controld_memory, a_log_that_cannot_be_read_on_is_an_error) {
        struct log_watch *watch = NULL;
        struct log_record found;

        cr_assert_eq(log_watch_new(file, &watch), 0);
        cr_assert_eq(log_watch_next(watch, &found), 0);
        refuse_call(*call, ANY_ARGUMENT, 0, EACCES);
        cr_expect_eq(log_watch_next(watch, &found), -EACCES);
        log_watch_free(watch);
}

Test(controld_memory, a_login_for_a_process_without_one_is_an_error) {
        char long_path[PATH_MAX + 1];

        memset(long_path, 'x', PATH_MAX);
        long_path[PATH_MAX] = 0;
        cr_expect_eq(adopt_login(long_path, PEER_UNSET), 0, "nothing to do");
        cr_expect_eq(adopt_login(long_path, 1000), -ENAMETOOLONG);
        cr_expect_eq(adopt_login(folder, 1000), -ENOENT);
}
