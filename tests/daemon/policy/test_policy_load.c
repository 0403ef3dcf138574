/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/policy/policy_load.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>

#include <sys/resource.h>

#include "tests/harness/policy_tree.h"

Test(policy_load, nothing_at_all_is_an_empty_policy) {
        cleanup(tree_end) struct tree tree = { .root = "/tmp/test-policy-XXXXXX" };

        cr_assert(mkdtemp(tree.root));
        load_good(&tree);
        cr_expect_eq(policy_count(tree.policy), 0);
        expect_answer(&tree, "passwd", AUDITFAIL_TERMINATE, "");
}

Test(policy_load, each_place_holds_policies) {
        TREE;

        put(&tree, "/etc/auditfail/a.conf", "ignore\n");
        put(&tree, "/etc/auditfail.b", "# the 2006 proposal\nlog\n");
        put(&tree, "/usr/lib/auditfail/c.conf", "terminate\ndenied = ignore\n");
        put(&tree, "/etc/auditfail.default", "ignore\n");
        load_good(&tree);
        cr_expect_eq(policy_count(tree.policy), 4);
        expect_answer(&tree, "a", AUDITFAIL_IGNORE, "/etc/auditfail/a.conf");
        expect_answer(&tree, "b", AUDITFAIL_LOG, "/etc/auditfail.b");
        expect_answer(&tree, "c", AUDITFAIL_TERMINATE, "/usr/lib/auditfail/c.conf");
        expect_answer(&tree, "d", AUDITFAIL_IGNORE, "/etc/auditfail.default");
        cr_expect_eq(policy_find(tree.policy, "c")->rules.exceptions[KIND_DENIED].line, 2);
}

Test(policy_load, the_first_place_wins_and_a_mask_hides_the_places_after_it) {
        static const char good[] = "log\n", broken[] = "broken\n", mask[] = "->/dev/null";
        static const struct {
                const char *application;
                const char *etc, *flat, *lib; /* what the places hold; NULL: nothing */
                enum finding findings[PLACE_COUNT];
                const char *file; /* that applies */
        } table[] = {
                /* files that do not apply are not even read */
                { "a",
                  good,
                  broken,
                  broken,
                  { FINDING_USED, FINDING_SHADOWED, FINDING_SHADOWED },
                  "/etc/auditfail/a.conf" },
                { "b", NULL, good, broken, { FINDING_ABSENT, FINDING_USED, FINDING_SHADOWED }, "/etc/auditfail.b" },
                { "c", mask, broken, good, { FINDING_MASK, FINDING_MASKED, FINDING_MASKED }, "/etc/auditfail.default" },
                { "d", good, mask, NULL, { FINDING_USED, FINDING_SHADOWED, FINDING_ABSENT }, "/etc/auditfail/d.conf" },
                { "e", NULL, mask, good, { FINDING_ABSENT, FINDING_MASK, FINDING_MASKED }, "/etc/auditfail.default" },
                { "default",
                  NULL,
                  good,
                  NULL,
                  { FINDING_ABSENT, FINDING_USED, FINDING_ABSENT },
                  "/etc/auditfail.default" },
        };
        TREE;

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                const char *const texts[PLACE_COUNT] = { table[i].etc, table[i].flat, table[i].lib };

                for (enum place place = 0; place < PLACE_COUNT; place++) {
                        char path[POLICY_PATH_MAX];

                        policy_path(path, "", place, table[i].application, strlen(table[i].application));
                        if (texts[place] == mask)
                                put_link(&tree, path, mask + 2);
                        else if (texts[place])
                                put(&tree, path, texts[place]);
                }
        }
        load_good(&tree);
        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                const enum finding *findings = table[i].findings;

                expect_answer(&tree, table[i].application, AUDITFAIL_LOG, table[i].file);
                expect_findings(&tree, table[i].application, findings[PLACE_ETC], findings[PLACE_FLAT],
                                findings[PLACE_LIB]);
        }
        cr_expect_eq(policy_count(tree.policy), 4, "names with masks only do not count");
}

Test(policy_load, a_broken_default_means_terminate_for_all_without_a_file) {
        TREE;

        put(&tree, "/etc/auditfail/default.conf", "");
        put(&tree, "/usr/lib/auditfail/default.conf", "ignore\n");
        put(&tree, "/etc/auditfail/y.conf", "ignore\n");
        cr_expect_eq(load(&tree, POLICY_LOAD_STRICT), -EINVAL);
        cr_expect_eq(load(&tree, POLICY_LOAD_LENIENT), 0);
        expect_answer(&tree, "x", AUDITFAIL_TERMINATE, "/etc/auditfail/default.conf");
        expect_answer(&tree, "y", AUDITFAIL_IGNORE, "/etc/auditfail/y.conf");
}

Test(policy_load, a_root_must_be_there) {
        struct policy_places places = { .root = "/nowhere/at/all", .owner = 0 };
        struct diagnostics problems = DIAGNOSTICS_NULL;
        char longest[POLICY_ROOT_MAX + 1] = "";
        struct policy *policy = NULL;

        cr_expect_eq(policy_load(&places, POLICY_LOAD_LENIENT, &policy, &problems), -ENOTDIR);
        cr_expect_str_eq(problems.items[0].file, "/nowhere/at/all");
        memset(longest, '/', POLICY_ROOT_MAX);
        places.root = longest;
        cr_expect_eq(policy_load(&places, POLICY_LOAD_LENIENT, &policy, &problems), -ENAMETOOLONG);
        diagnostics_clear(&problems);
}

Test(policy_load, leftovers_are_no_policies) {
        static const char *const names[] = {
                "/etc/auditfail/.x.conf",
                "/etc/auditfail/.x.conf.swp",
                "/etc/auditfail/#x.conf#",
                "/etc/auditfail/x.conf~",
                "/etc/auditfail/x.conf.bak",
                "/etc/auditfail/x.conf.orig",
                "/etc/auditfail/x.conf.dpkg-old",
                "/etc/auditfail/x.conf.dpkg-new",
                "/etc/auditfail/x.conf.dpkg-dist",
                "/etc/auditfail/x.conf.rpmnew",
                "/usr/lib/auditfail/x.conf.rpmsave",
                "/usr/lib/auditfail/x.pacnew",
                "/usr/lib/auditfail/x.conf.tmp",
                "/etc/auditfail.x~",
                "/etc/auditfail.x.bak",
                "/etc/auditfail.x.dpkg-dist",
                "/etc/auditfail/README",
                "/etc/auditfail/README.md",
                "/usr/lib/auditfail/x.conf.save",
                "/etc/auditfail.x.swp",
                "/etc/auditfail.old",
                "/etc/auditfail/x.conf.ucf-dist",
                "/etc/auditfail/no application",
                "/etc/auditfailed",
        };
        TREE;

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                put(&tree, names[i], "broken\n");
        make_folder(&tree, "/etc/auditfail/x.conf.d");
        load_good(&tree);
        cr_expect_eq(tree.problems.count, 0, "%s", tree.problems.items[0].file);
        cr_expect_eq(policy_count(tree.policy), 0);
}

Test(policy_load, a_file_that_was_perhaps_meant_as_a_policy_gets_a_warning) {
        TREE;

        put(&tree, "/etc/auditfail/passwd", "broken\n");
        put(&tree, "/usr/lib/auditfail/su.cnf", "broken\n");
        put_link(&tree, "/etc/auditfail/login", "passwd");
        load_good(&tree);
        cr_expect_eq(tree.problems.count, 3);
        cr_expect_eq(policy_count(tree.policy), 0);
        expect_problem(&tree, 0, SEVERITY_WARNING, "/etc/auditfail/login", "is not read");
        const struct diagnostic *problem = expect_problem(&tree, 1, SEVERITY_WARNING, "/etc/auditfail/passwd",
                                                          "is not read: its name does not end in .conf");
        cr_expect_str_eq(problem->suggestion, "passwd.conf");
        expect_problem(&tree, 2, SEVERITY_WARNING, "/usr/lib/auditfail/su.cnf", "is not read");
}

Test(policy_load, etc_auditfail_conf_gets_a_warning) {
        TREE;

        put(&tree, "/etc/auditfail.conf", "ignore\n");
        load_good(&tree);
        expect_answer(&tree, "conf", AUDITFAIL_IGNORE, "/etc/auditfail.conf");
        expect_answer(&tree, "x", AUDITFAIL_TERMINATE, "");
        const struct diagnostic *problem = expect_problem(&tree, 0, SEVERITY_WARNING, "/etc/auditfail.conf",
                                                          "read as the policy of an application \"conf\"");
        cr_expect_str_eq(problem->suggestion + strlen(tree.root), "/etc/auditfail/default.conf");
}

Test(policy_load, a_file_whose_name_names_no_application_is_an_error) {
        TREE;

        put(&tree, "/etc/auditfail/-x.conf", "ignore\n");
        put(&tree, "/etc/auditfail/x y.conf", "ignore\n");
        put(&tree, "/etc/auditfail.x:y", "ignore\n");
        put(&tree,
            "/usr/lib/auditfail/"
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.conf",
            "ignore\n");
        cr_expect_eq(load(&tree, POLICY_LOAD_STRICT), -EINVAL);
        cr_expect_eq(load(&tree, POLICY_LOAD_LENIENT), 0);
        cr_expect_eq(tree.problems.errors, 4);
        expect_problem(&tree, 0, SEVERITY_ERROR, "/etc/auditfail.x:y", "not the name of an application");
        expect_problem(&tree, 1, SEVERITY_ERROR, "/etc/auditfail/-x.conf", "not the name of an application");
        expect_problem(&tree, 2, SEVERITY_ERROR, "/etc/auditfail/x y.conf", "not the name of an application");
        cr_expect_eq(policy_count(tree.policy), 0);
}

Test(policy_load, all_problems_of_all_files_are_told_in_the_order_of_paths) {
        TREE;

        put(&tree, "/usr/lib/auditfail/a.conf", "x\n");
        put(&tree, "/etc/auditfail/b.conf", "x\ny = log\n");
        put(&tree, "/etc/auditfail.c", "");
        put(&tree, "/etc/auditfail/no", "");
        put(&tree, "/etc/auditfail/good.conf", "log\n");
        cr_expect_eq(load(&tree, POLICY_LOAD_STRICT), -EINVAL);
        cr_expect_eq(tree.problems.count, 5);
        expect_problem(&tree, 0, SEVERITY_ERROR, "/etc/auditfail.c", "no action");
        expect_problem(&tree, 1, SEVERITY_ERROR, "/etc/auditfail/b.conf", "unknown action \"x\"");
        expect_problem(&tree, 2, SEVERITY_ERROR, "/etc/auditfail/b.conf", "unknown kind of failure \"y\"");
        expect_problem(&tree, 3, SEVERITY_WARNING, "/etc/auditfail/no", "is not read");
        expect_problem(&tree, 4, SEVERITY_ERROR, "/usr/lib/auditfail/a.conf", "unknown action \"x\"");
}

Test(policy_load, warnings_never_push_out_an_error) {
        TREE;
        char name[64];

        for (int i = 0; i < DIAGNOSTICS_MAX + 10; i++) {
                snprintf(name, sizeof(name), "/etc/auditfail/a%03d", i);
                put(&tree, name, "");
        }
        put(&tree, "/usr/lib/auditfail/z.conf", "x\n");
        cr_expect_eq(load(&tree, POLICY_LOAD_STRICT), -EINVAL);
        cr_expect_eq(tree.problems.count, DIAGNOSTICS_MAX);
        cr_expect_eq(tree.problems.omitted, 11);
        expect_problem(&tree, DIAGNOSTICS_MAX - 1, SEVERITY_ERROR, "/usr/lib/auditfail/z.conf", "unknown action");
}

Test(policy_load, each_change_of_the_files_changes_the_fingerprint_and_nothing_else_does) {
        static const struct {
                const char *what, *path,
                        *text; /* NULL as text: the file is removed; "->" before the target of a link */
                bool changes;
        } table[] = {
                { "nothing", NULL, NULL, false },
                { "a new file", "/etc/auditfail/x.conf", "log\n", true },
                { "a comment", "/etc/auditfail/x.conf", "log # for now\n", false },
                { "another action", "/etc/auditfail/x.conf", "ignore\n", true },
                { "a file that is shadowed", "/usr/lib/auditfail/x.conf", "log\n", true },
                { "a file that is gone", "/etc/auditfail/x.conf", NULL, true },
                { "a mask", "/etc/auditfail/x.conf", "->/dev/null", true },
        };
        TREE;

        load_good(&tree);
        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                cleanup(cleanup_free) char *file = below(&tree, table[i].path ?: "");
                uint64_t before = policy_fingerprint(tree.policy);

                if (table[i].path && !table[i].text)
                        unlink(file);
                else if (table[i].path && strncmp(table[i].text, "->", 2) == 0)
                        put_link(&tree, table[i].path, table[i].text + 2);
                else if (table[i].path)
                        put(&tree, table[i].path, table[i].text);
                load_good(&tree);
                cr_expect_eq(policy_fingerprint(tree.policy) != before, table[i].changes, "%s", table[i].what);
        }
}

/* Copies the files that we ship into the tree: a checkout may belong to anybody. Returns how many there are. */
static size_t copy_shipped(const struct tree *tree) {
        cleanup(cleanup_dir) DIR *folder = opendir(POLICY_FOLDER);
        const struct dirent *entry;
        char path[600], text[4096];
        size_t count = 0;

        cr_assert(folder, POLICY_FOLDER);
        while ((entry = readdir(folder))) {
                if (!strstr(entry->d_name, ".conf"))
                        continue;
                snprintf(path, sizeof(path), POLICY_FOLDER "/%s", entry->d_name);
                cleanup(cleanup_file) FILE *file = fopen(path, "re");
                cr_assert(file, "%s", path);
                size_t length = fread(text, 1, sizeof(text), file);
                snprintf(path, sizeof(path), "/etc/auditfail/%s", entry->d_name);
                put_bytes(tree, path, text, length);
                count++;
        }
        return count;
}

Test(policy_load, the_policies_that_we_ship_say_what_they_should) {
        static const char *const lenient[] = { "chfn", "cron", "cupsd", "hwclock", NULL };
        size_t count;
        TREE;

        cr_expect_eq(copy_shipped(&tree), 25);
        load_good(&tree);
        cr_expect_eq(tree.problems.count, 0);
        const struct policy_entry *entries = policy_entries(tree.policy, &count);
        cr_expect_eq(count, 25);
        for (size_t i = 0; i < count; i++) {
                const char *name = entries[i].application;
                const struct policy_rule *exceptions = entries[i].rules.exceptions;
                enum auditfail_action action = AUDITFAIL_TERMINATE;

                for (size_t j = 0; lenient[j]; j++)
                        if (strcmp(name, lenient[j]) == 0)
                                action = AUDITFAIL_LOG;
                cr_expect_eq(entries[i].rules.base.action, action, "%s", name);
                /* A machine may run without auditing. auditfail-controld asks when it cannot see a log. */
                for (enum kind kind = KIND_DISABLED; kind <= KIND_EXCLUDED; kind++)
                        if (strcmp(name, "auditctl") == 0)
                                cr_expect_eq(exceptions[kind].line, 0);
                        else
                                cr_expect(exceptions[kind].line > 0 && exceptions[kind].action == AUDITFAIL_IGNORE,
                                          "%s", name);
                cr_expect_eq(exceptions[KIND_DENIED].line + exceptions[KIND_OTHER].line, 0, "%s", name);
                cr_expect_eq(exceptions[KIND_OVERLOAD].line > 0, strcmp(name, "login") == 0, "%s", name);
                /* auditctl asks when there is an auditd, whose log cannot be seen. */
                if (strcmp(name, "default") == 0 || strcmp(name, "auditctl") == 0)
                        cr_expect_eq(exceptions[KIND_UNSUPPORTED].line, 0);
                else
                        cr_expect(exceptions[KIND_UNSUPPORTED].line > 0 &&
                                          exceptions[KIND_UNSUPPORTED].action == AUDITFAIL_IGNORE,
                                  "%s", name);
        }
}

/* With each number of free descriptors, the load fails as a whole or is complete. */
Test(policy_load, without_free_descriptors_no_part_of_a_policy_is_loaded) {
        struct rlimit before, few;
        rlim_t failures = 0;
        int r = -EMFILE;
        TREE;

        put(&tree, "/etc/auditfail.x", "ignore\n");
        put(&tree, "/etc/auditfail/y.conf", "log\n");
        put(&tree, "/usr/lib/shared", "ignore\n");
        put_link(&tree, "/usr/lib/auditfail/z.conf", "../shared");
        cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
        int next = dup(STDERR_FILENO); /* the lowest free number */
        cr_assert_gt(next, STDERR_FILENO);
        close(next);
        for (; r == -EMFILE && failures < 20; failures++) {
                few = (struct rlimit){ (rlim_t)next + failures, before.rlim_max };
                cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
                r = load(&tree, POLICY_LOAD_LENIENT);
                cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
                cr_expect(r == 0 || r == -EMFILE, "%s with %d free", strerror(-r), (int)failures);
        }
        cr_expect_eq(r, 0);
        cr_expect_gt(failures, 4, "the root, its folders, the places and the files need descriptors");
        expect_answer(&tree, "x", AUDITFAIL_IGNORE, "/etc/auditfail.x");
        expect_answer(&tree, "y", AUDITFAIL_LOG, "/etc/auditfail/y.conf");
        expect_answer(&tree, "z", AUDITFAIL_IGNORE, "/usr/lib/auditfail/z.conf");
}
