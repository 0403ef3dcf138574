/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What /proc says of a caller: of a puppet, and where that cannot be so, of one with a false /proc. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/controld/caller/caller.h"
#include "tests/daemon/controld/puppet.h"
#include "tests/harness/listening.h"
#include "tests/harness/parameterized.h"

static struct puppet puppet;
static int listener = -1, connection = -1; /* to which the puppet has connected; its connection */
static struct identity identity = { .process = -1 };

static void setup(void) {
        char path[] = "/tmp/auditfail-caller-proc-XXXXXX";
        struct sockaddr_un address;
        struct order order = { .verb = CONNECT };

        puppet = puppet_new(0);
        cr_assert_gt(puppet.pid, 0);
        listener = listen_in(path, &address);
        memcpy(order.text, address.sun_path, sizeof(address.sun_path));
        cr_assert_eq(puppet_order(puppet, order, -1, &(int){ -1 }), 0);
        connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        cr_assert_geq(connection, 0);
        remove_folder(path);
}

static void teardown(void) {
        identity_end(&identity);
        close(connection);
        close(listener);
        puppet_end(puppet, true);
}

TestSuite(caller_proc, .init = setup, .fini = teardown);

static void skip(const char *why) {
        teardown(); /* a test that is skipped has none */
        cr_skip("%s", why);
}

static enum mismatch establish(void) {
        cr_assert_eq(identity_begin(connection, &identity), MISMATCH_NONE);
        return identity_establish(&identity, connection);
}

/* What /proc/PID/NAME says, without the newline; "" where it says nothing. */
static void read_proc(pid_t pid, const char *name, char text[static 512]) {
        char path[64];
        FILE *file;

        snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
        file = fopen(path, "re");
        if (!file || !fgets(text, 512, file))
                text[0] = 0;
        if (file)
                fclose(file);
        text[strcspn(text, "\n")] = 0;
}

Test(caller_proc, a_caller_has_the_login_that_proc_says) {
        char text[512];

        cr_assert_eq(establish(), MISMATCH_NONE);
        cr_expect_eq(identity.caller.peer.pid, puppet.pid);
        read_proc(getpid(), "loginuid", text);
        cr_expect_eq(identity.caller.peer.auid, strtoul(text, NULL, 10));
        read_proc(getpid(), "sessionid", text);
        cr_expect_eq(identity.caller.peer.session, strtoul(text, NULL, 10));
        read_proc(getpid(), "attr/current", text);
        cr_expect_str_eq(identity.caller.label, text);
        read_proc(getpid(), "comm", text);
        cr_expect_str_eq(identity.caller.peer.program, text);
}

Test(caller_proc, an_identity_keeps_one_descriptor_and_in_the_end_none) {
        int lowest = dup(0), second = dup(0), next;

        close(lowest);
        close(second);
        cr_expect_eq(establish(), MISMATCH_NONE);
        cr_expect_eq(identity_establish(&identity, connection), MISMATCH_NONE);
        next = dup(0);
        close(next);
        cr_expect_eq(identity.process, lowest);
        cr_expect_eq(next, second);
        identity_end(&identity);
        next = dup(0);
        close(next);
        cr_expect_eq(next, lowest);
}

Test(caller_proc, without_descriptors_no_caller_is_identified) {
        struct rlimit limit;
        int lowest = dup(0);

        close(lowest);
        cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
        /* First there is room for none, then for the pidfd, then for the folder of the process too. */
        for (int room = 0; room < 3; room++) {
                limit.rlim_cur = (rlim_t)lowest + (rlim_t)room;
                cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
                cr_expect_eq(establish(), MISMATCH_UNKNOWN, "%d", room);
                cr_expect_str_empty(identity.token);
                identity_end(&identity);
        }
        limit.rlim_cur = limit.rlim_max;
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
        cr_expect_eq(establish(), MISMATCH_NONE);

        limit.rlim_cur = (rlim_t)lowest;
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
        cr_expect_eq(identity_establish(&identity, connection), MISMATCH_UNKNOWN);
        cr_expect_str_empty(identity.token, "the one before is void");
}

Test(caller_proc, a_caller_has_a_start_time) {
        char text[512], *field = text;

        cr_assert_eq(establish(), MISMATCH_NONE);
        read_proc(puppet.pid, "stat", text);
        for (int i = 1; i < 22; i++)
                strsep(&field, " ");
        cr_expect_eq(identity.caller.start_time, strtoull(field, NULL, 10), "%" PRIu64, identity.caller.start_time);
}

Test(caller_proc, a_caller_on_a_terminal_has_it) {
        char expected[64];
        int number = puppet_tell(puppet, TERMINAL);

        if (number < 0)
                skip("needs /dev/ptmx");
        snprintf(expected, sizeof(expected), "pts/%d", number);
        cr_assert_eq(establish(), MISMATCH_NONE);
        cr_expect_str_eq(identity.caller.terminal, expected);
}

Test(caller_proc, a_name_may_hold_anything) {
        static const char *const names[] = { "a) R 1 2 3 1027", "(", ")", " ", "\n", "a\n", "\xff", "\\", "" };
        char terminal[64];

        puppet_tell(puppet, TERMINAL);
        cr_assert_eq(establish(), MISMATCH_NONE);
        snprintf(terminal, sizeof(terminal), "%s", identity.caller.terminal);
        identity_end(&identity);
        for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
                struct order order = { .verb = NAME };

                snprintf(order.text, sizeof(order.text), "%s", names[i]);
                puppet_order(puppet, order, -1, &(int){ -1 });
                cr_expect_eq(establish(), MISMATCH_NONE);
                cr_expect_str_eq(identity.caller.peer.program, names[i]);
                cr_expect_str_eq(identity.caller.terminal, terminal);
                identity_end(&identity);
        }
}

/* Puts TEXT (LENGTH bytes) in the place of what /proc says of the puppet under NAME. */
static void pretend(const char *name, const char *text, size_t length) {
        char file[] = "/tmp/auditfail-caller-XXXXXX", path[64];
        int fd = mkostemp(file, O_CLOEXEC), r;

        cr_assert_eq(write(fd, text, length), (ssize_t)length);
        close(fd);
        snprintf(path, sizeof(path), "/proc/%d/%s", puppet.pid, name);
        r = unshare(getuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS);
        if (r == 0 && (r = mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) == 0)
                r = mount(file, path, NULL, MS_BIND, NULL);
        unlink(file);
        if (r < 0)
                skip("needs a mount namespace");
}

struct number {
        char text[32];
        bool known;
        uint32_t value;
};

ParameterizedTestParameters(caller_proc, a_login_is_known_or_the_caller_is_not) {
        static struct number numbers[] = {
                { "1000", true, 1000 },     { "1000\n", true, 1000 },
                { "0", true, 0 },           { "4294967295", true, PEER_UNSET },
                { "4294967296", false, 0 }, { "", false, 0 },
                { "\n", false, 0 },         { "1000x", false, 0 },
                { "1000\n1", false, 0 },    { "-1", false, 0 },
        };

        return cr_make_param_array(struct number, numbers, sizeof(numbers) / sizeof(*numbers));
}

ParameterizedTest(struct number *number, caller_proc, a_login_is_known_or_the_caller_is_not) {
        pretend("loginuid", number->text, strlen(number->text));
        cr_expect_eq(establish(), number->known ? MISMATCH_NONE : MISMATCH_UNKNOWN, "%s", number->text);
        if (number->known)
                cr_expect_eq(identity.caller.peer.auid, number->value);
        else
                cr_expect_str_empty(identity.token);
}

Test(caller_proc, without_a_session_to_read_no_caller_is_identified) {
        pretend("sessionid", "", 0);
        cr_expect_eq(establish(), MISMATCH_UNKNOWN);
}

/* Has /proc/PID show the files of FOLDER alone. */
static void show_only(const char *folder, pid_t pid) {
        char path[64];

        snprintf(path, sizeof(path), "/proc/%d", pid);
        cr_assert_eq(mount(folder, path, NULL, MS_BIND, NULL), 0);
}

static void give_back(pid_t pid) {
        char path[64];

        snprintf(path, sizeof(path), "/proc/%d", pid);
        cr_assert_eq(umount2(path, MNT_DETACH), 0);
}

/* A /proc without loginuid and sessionid: of the puppet, or of every process. */
static void take_logins_away(bool everywhere) {
        static const char *const names[] = { "stat", "comm" };
        char folder[] = "/tmp/auditfail-caller-XXXXXX", text[512], path[96];

        pretend("stat", "1 (x) S 4 5 6 0 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23", 61);
        cr_assert_not_null(mkdtemp(folder));
        cr_assert_eq(mount("none", folder, "tmpfs", 0, NULL), 0);
        for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
                read_proc(puppet.pid, names[i], text);
                snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
                FILE *file = fopen(path, "we");
                cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
        }
        show_only(folder, puppet.pid);
        if (everywhere)
                show_only(folder, getpid());
        umount2(folder, MNT_DETACH);
        rmdir(folder);
}

Test(caller_proc, a_kernel_without_logins_has_callers_without_one) {
        take_logins_away(true);
        enum mismatch mismatch = establish();
        give_back(getpid()); /* LeakSanitizer wants it at the end */
        cr_assert_eq(mismatch, MISMATCH_NONE);
        cr_expect_eq(identity.caller.peer.auid, PEER_UNSET);
        cr_expect_eq(identity.caller.peer.session, PEER_UNSET);
}

Test(caller_proc, a_login_that_is_missing_of_one_process_alone_is_not_known) {
        take_logins_away(false);
        cr_expect_eq(establish(), MISMATCH_UNKNOWN);
        cr_expect_str_empty(identity.token);
}

struct stat_line {
        char text[200];
        char terminal[16]; /* "-": the caller is not identified */
};

ParameterizedTestParameters(caller_proc, terminals_have_names) {
        static struct stat_line lines[] = {
                { "1 (x) S 4 5 6 34816 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23", "pts/0" },
                { "1 (x) S 4 5 6 1083392 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23", "pts/256" },
                { "1 (x) S 4 5 6 1025 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23", "tty1" },
                { "1 (x) S 4 5 6 1087 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23", "tty63" },
                { "1 (x) S 4 5 6 1088 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23", "ttyS0" },
                { "1 (x) S 4 5 6 0 -1 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23", "" },
                { "1 (x) S 4 5 6 1281 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23", "" },
                { "1 (x)) S 1 () S 4 5 6 1025 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23", "tty1" },
                { "1 (x) S 4 5 6 1025 8 9 10 11 12 13 14 15 16 17 18 19 20 21", "-" },
                { "1 x", "-" },
                { "", "-" },
        };

        return cr_make_param_array(struct stat_line, lines, sizeof(lines) / sizeof(*lines));
}

ParameterizedTest(struct stat_line *line, caller_proc, terminals_have_names) {
        bool known = strcmp(line->terminal, "-") != 0;

        pretend("stat", line->text, strlen(line->text));
        cr_expect_eq(establish(), known ? MISMATCH_NONE : MISMATCH_UNKNOWN, "%s", line->text);
        cr_expect_str_eq(identity.caller.terminal, known ? line->terminal : "");
        if (known)
                cr_expect_eq(identity.caller.start_time, 22);
}

struct label {
        char text[300];
        size_t length;
        char expected[300];
};

ParameterizedTestParameters(caller_proc, a_label_is_what_the_security_module_says) {
        static struct label labels[] = {
                { "unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023", 54,
                  "unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023" },  /* SELinux ends it with a NUL */
                { "/usr/bin/man (enforce)\n", 23, "/usr/bin/man (enforce)" }, /* AppArmor with a newline */
                { "two\nlines\n", 10, "two\nlines" },
                { "", 0, "" },
        };

        return cr_make_param_array(struct label, labels, sizeof(labels) / sizeof(*labels));
}

ParameterizedTest(struct label *label, caller_proc, a_label_is_what_the_security_module_says) {
        pretend("attr/current", label->text, label->length);
        cr_expect_eq(establish(), MISMATCH_NONE);
        cr_expect_str_eq(identity.caller.label, label->expected);
}

Test(caller_proc, half_a_label_is_none) {
        char text[sizeof(identity.caller.label)];

        memset(text, 'x', sizeof(text));
        pretend("attr/current", text, sizeof(text));
        cr_expect_eq(establish(), MISMATCH_NONE);
        cr_expect_str_empty(identity.caller.label);
}
