/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loading rules: shell scripts in a folder of the test stand in for the tools. */
#include "daemon/controld/auditd/rules.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/cleanup.h"
#include "protocol/clock.h"

#define SECOND 1000000ULL

static char root[] = "/tmp/auditfail-rules-XXXXXX", output[128];

static void __attribute__((format(printf, 2, 3))) write_file(const char *name, const char *format, ...) {
        cleanup(cleanup_free) char *path = NULL;
        va_list arguments;

        cr_assert_gt(asprintf(&path, "%s/%s", root, name), 0);
        cleanup(cleanup_file) FILE *file = fopen(path, "we");
        cr_assert_not_null(file, "%s: %m", path);
        va_start(arguments, format);
        vfprintf(file, format, arguments);
        va_end(arguments);
        cr_assert_eq(fchmod(fileno(file), 0700), 0);
}

static void make_folder(const char *name) {
        char path[128];

        snprintf(path, sizeof(path), "%s/%s", root, name);
        cr_assert_eq(mkdir(path, 0700), 0);
}

/* The tool NAME, a script that runs COMMANDS. */
static void make_tool(const char *name, const char *commands) {
        char path[64];

        snprintf(path, sizeof(path), "usr/sbin/%s", name);
        write_file(path, "#!/bin/sh\n%s\n", commands);
}

static void setup(void) {
        static const char *const folders[] = { "usr", "usr/sbin", "etc", "etc/audit" };

        cr_assert_not_null(mkdtemp(root));
        for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
                make_folder(folders[i]);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void)st, (void)type, (void)ftw;
        return remove(path);
}

static void teardown(void) {
        cr_expect_eq(nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static bool load(void) {
        return rules_load(root, monotonic_usec() + 30 * SECOND, output, sizeof(output));
}

TestSuite(rules, .init = setup, .fini = teardown, .timeout = 60);

Test(rules, augenrules_loads_the_parts) {
        make_folder("etc/audit/rules.d");
        make_tool("augenrules", "echo \"augenrules $*\"; echo 2 lines >&2; echo");
        make_tool("auditctl", "echo wrong tool; exit 1");
        cr_expect(load());
        cr_expect_str_eq(output, "augenrules --load\n2 lines");
}

Test(rules, without_parts_or_without_augenrules_auditctl_loads_the_file) {
        char expected[128];

        snprintf(expected, sizeof(expected), "-R %s/etc/audit/audit.rules", root);
        make_tool("auditctl", "echo \"$*\"");
        make_tool("augenrules", "echo wrong tool; exit 1");
        cr_expect(load());
        cr_expect_str_eq(output, expected);
        make_folder("etc/audit/rules.d");
        cr_expect_not(load());
        snprintf(expected, sizeof(expected), "%s/usr/sbin/augenrules", root);
        cr_assert_eq(unlink(expected), 0);
        cr_expect(load());
}

/* A pipe, a terminal or a lock of the daemon must not stay open in the tool. */
Test(rules, the_tool_has_a_plain_environment_and_no_other_descriptors) {
        make_tool("auditctl", "cat; env | grep -c AUDITFAIL_TEST; echo $LC_ALL $PATH; ls /proc/$$/fd | tr '\\n' ' '");
        setenv("AUDITFAIL_TEST", "1", 1);
        cr_assert_geq(dup2(STDERR_FILENO, 55), 0);
        cr_expect(load());
        cr_expect_null(strstr(output, "55"), "%s", output);
        cr_expect_eq(strncmp(output, "0\nC /usr/sbin:/usr/bin:/sbin:/bin\n", 34), 0, "%s", output);
}

Test(rules, the_end_of_a_long_output_is_kept) {
        make_tool("auditctl", "seq 1 5000; echo 'error in line 7'; exit 1");
        cr_expect_not(load());
        cr_expect_lt(strlen(output), sizeof(output));
        cr_expect_str_eq(strstr(output, "4999"), "4999\n5000\nerror in line 7", "%s", output);
}

Test(rules, a_failure_without_output_is_told_by_its_status) {
        static const struct {
                const char *commands, *told;
        } table[] = {
                { "exit 3", "/usr/sbin/auditctl ended with status 3" },
                { "kill -9 $$", "/usr/sbin/auditctl ended with signal 9" },
                { "echo line 3 is wrong; exit 1", "line 3 is wrong" },
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
                make_tool("auditctl", table[i].commands);
                cr_expect_not(load());
                cr_expect_not_null(strstr(output, table[i].told), "%s: %s", table[i].commands, output);
        }
}

Test(rules, a_missing_tool_is_a_failure) {
        cr_expect_not(load());
        cr_expect_not_null(strstr(output, "/usr/sbin/auditctl ended with status 127"), "%s", output);
}

Test(rules, a_tool_that_takes_too_long_is_killed) {
        uint64_t before = monotonic_usec();

        make_tool("auditctl", "echo begun; exec sleep 100");
        cr_expect_not(rules_load(root, before + SECOND / 5, output, sizeof(output)));
        cr_expect_not_null(strstr(output, "took too long and was killed"), "%s", output);
        cr_expect_lt(monotonic_usec() - before, 20 * SECOND);
        cr_expect_not(rules_load(root, before, output, sizeof(output)));
}

Test(rules, without_descriptors_no_tool_is_started) {
        const struct rlimit none = { .rlim_cur = 3, .rlim_max = 3 };
        pid_t child = fork(); /* Criterion needs descriptors */
        int status;

        if (child == 0) {
                close_range(STDERR_FILENO + 1, ~0U, 0);
                setrlimit(RLIMIT_NOFILE, &none);
                _exit(load() || !strstr(output, "no pipe for"));
        }
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_expect_eq(status, 0);
}
