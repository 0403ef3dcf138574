/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Seen through policy_load(): what is not to be trusted must make a reload fail, and mean terminate at start. */
#include "daemon/policy/policy_read.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/harness/policy_tree.h"

#define STRANGER 65534

/* Each before the tree is made, since a skipped test ends where it is. */
#define ONLY_ROOT                                                                                                      \
        if (geteuid() != 0)                                                                                            \
        cr_skip_test("only root can give a file away")
#define NOT_ROOT                                                                                                       \
        if (geteuid() == 0)                                                                                            \
        cr_skip_test("root may read everything")

static void give_away(const struct tree *tree, const char *path) {
        cleanup(cleanup_free) char *full = below(tree, path);

        cr_assert_eq(chown(full, STRANGER, STRANGER), 0);
}

/* That nothing but FILE is wrong, that a reload fails for it, and that at start its application gets terminate. */
static const struct diagnostic *expect_broken(struct tree *tree, const char *file, const char *message) {
        cr_expect_eq(load(tree, POLICY_LOAD_STRICT), -EINVAL);
        cr_expect_eq(load(tree, POLICY_LOAD_LENIENT), 0);
        expect_answer(tree, "x", AUDITFAIL_TERMINATE, file);
        cr_expect_eq(policy_find(tree->policy, "x")->source, SOURCE_BROKEN);
        cr_expect_eq(tree->problems.count, 1);
        return expect_problem(tree, 0, SEVERITY_ERROR, file, message);
}

Test(policy_read, a_link_to_a_file_is_that_file) {
        TREE;

        put(&tree, "/etc/shared", "ignore\n");
        put_link(&tree, "/etc/auditfail/x.conf", "../shared");
        load_good(&tree);
        expect_answer(&tree, "x", AUDITFAIL_IGNORE, "/etc/auditfail/x.conf");

        set_mode(&tree, "/etc/shared", 0666);
        expect_broken(&tree, "/etc/auditfail/x.conf", "writable by its group and others");
}

Test(policy_read, a_link_to_nothing_is_broken) {
        TREE;

        put_link(&tree, "/etc/auditfail/x.conf", "/nowhere/at/all");
        put(&tree, "/usr/lib/auditfail/x.conf", "ignore\n");
        expect_broken(&tree, "/etc/auditfail/x.conf", "a link to /nowhere/at/all, which does not exist");
        expect_findings(&tree, "x", FINDING_BROKEN, FINDING_ABSENT, FINDING_SHADOWED);
}

Test(policy_read, a_link_in_a_circle_is_broken) {
        TREE;

        put_link(&tree, "/etc/auditfail/x.conf", "x.conf");
        expect_broken(&tree, "/etc/auditfail/x.conf", "cannot be opened");
}

/* A link from x.conf to TARGET, in place of the one before. */
static void point(const struct tree *tree, const char *target) {
        cleanup(cleanup_free) char *link = below(tree, "/etc/auditfail/x.conf");

        unlink(link);
        put_link(tree, "/etc/auditfail/x.conf", target);
}

/* NAME0 is a link to NAME1, and so on, until the last one leads to TARGET. */
static void put_chain(const struct tree *tree, int links, const char *target) {
        char path[32], next[32];

        for (int i = 0; i < links; i++) {
                snprintf(path, sizeof(path), "/usr/chain%d", i);
                snprintf(next, sizeof(next), "chain%d", i + 1);
                put_link(tree, path, i + 1 < links ? next : target);
        }
}

Test(policy_read, a_chain_of_links_through_folders_that_others_cannot_change_is_its_end) {
        TREE;

        put(&tree, "/usr/lib/shared", "ignore\n");
        put_link(&tree, "/etc/lib", "../usr/lib");
        put_chain(&tree, 38, "../etc/lib/./..//lib/shared");
        point(&tree, "../../usr/chain0");
        load_good(&tree);
        expect_answer(&tree, "x", AUDITFAIL_IGNORE, "/etc/auditfail/x.conf");
}

Test(policy_read, a_link_stays_in_the_tree) {
        static const char *const inside[] = { "/usr/y", "../../../../../../../usr/y", "/../usr/./y", "/usr/up/usr/y" };
        TREE;

        put(&tree, "/usr/y", "ignore\n");
        put_link(&tree, "/usr/up", "..");
        for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
                point(&tree, inside[i]);
                load_good(&tree);
                expect_answer(&tree, "x", AUDITFAIL_IGNORE, "/etc/auditfail/x.conf");
        }
        point(&tree, "/dev/zero");
        expect_broken(&tree, "/etc/auditfail/x.conf", "a link to /dev/zero, which does not exist");
}

Test(policy_read, a_folder_that_is_an_absolute_link_is_in_the_tree) {
        TREE;
        cleanup(cleanup_free) char *etc = below(&tree, "/etc"), *data = below(&tree, "/data");

        put(&tree, "/etc/auditfail/x.conf", "ignore\n");
        cr_assert_eq(rename(etc, data), 0);
        put_link(&tree, "/etc", "/data");
        load_good(&tree);
        expect_answer(&tree, "x", AUDITFAIL_IGNORE, "/etc/auditfail/x.conf");
}

Test(policy_read, more_links_than_the_kernel_follows_are_broken) {
        TREE;

        put(&tree, "/usr/lib/shared", "ignore\n");
        put_chain(&tree, 40, "lib/shared");
        point(&tree, "../../usr/chain0");
        expect_broken(&tree, "/etc/auditfail/x.conf", "cannot be opened: Too many levels of symbolic links");
}

Test(policy_read, a_link_with_too_long_a_name_or_path_is_broken) {
        char name[NAME_MAX + 2], here[3801] = "", with_rest[4000];
        TREE;

        memset(name, 'n', sizeof(name) - 1);
        name[sizeof(name) - 1] = '\0';
        for (size_t i = 0; i + 2 < sizeof(here); i += 2)
                memcpy(here + i, "./", 3);
        snprintf(with_rest, sizeof(with_rest), "../../usr/here/%sy", here);
        put_link(&tree, "/usr/here", here); /* each is short enough, both together are not */

        point(&tree, name);
        expect_broken(&tree, "/etc/auditfail/x.conf", "cannot be opened: File name too long");
        point(&tree, with_rest);
        expect_broken(&tree, "/etc/auditfail/x.conf", "cannot be opened: File name too long");
}

Test(policy_read, a_link_through_a_folder_that_others_can_change_is_broken) {
        static const mode_t modes[] = { 01777, 0777, 0775, 0757 };
        TREE;

        make_folder(&tree, "/open");
        make_folder(&tree, "/open/closed");
        put(&tree, "/open/y", "ignore\n");
        put(&tree, "/open/closed/y", "ignore\n");
        put(&tree, "/usr/lib/y", "ignore\n");
        put_link(&tree, "/open/null", "/dev/null");
        put_link(&tree, "/open/lib", "../usr/lib");
        put_link(&tree, "/usr/open", "../open");
        put_link(&tree, "/usr/y", "open/y");

        const char *const targets[] = {
                "../../open/y",    "../../open/closed/y",       "../../usr/open/y", "../../usr/y",
                "../../open/null", "../../usr/../open/./lib/y", "../../open/none",
        };
        for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
                set_mode(&tree, "/open", modes[i % 4]);
                point(&tree, targets[i]);
                const struct diagnostic *problem =
                        expect_broken(&tree, "/etc/auditfail/x.conf", "a link through /tmp/");
                cr_expect_not_null(strstr(problem->message, "/open, which is writable by "), "%s", problem->message);
                cr_expect_not_null(strstr(problem->expected, "(type: cp --remove-destination \"$(realpath /tmp/"));
        }
}

Test(policy_read, a_way_that_only_leaves_an_open_folder_is_no_link_through_it) {
        TREE;

        make_folder(&tree, "/open");
        make_folder(&tree, "/open/closed");
        set_mode(&tree, "/open", 01777);
        put(&tree, "/usr/lib/y", "ignore\n");
        put_link(&tree, "/open/closed/y", "../../usr/lib/y");
        struct policy_file policy;
        cleanup(cleanup_free) char *folder = below(&tree, "/open/closed");
        cleanup(cleanup_fd) int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
        struct policy_trust trust = { .owner = geteuid(), .problems = &tree.problems };

        cr_expect_eq(policy_load_file(&trust, &(struct policy_folder){ fd, folder }, "y", "y", &policy), 0);
}

Test(policy_read, a_link_into_a_strangers_folder_is_broken) {
        ONLY_ROOT;
        TREE;
        struct policy_places places = { .root = tree.root, .owner = STRANGER };

        make_folder(&tree, "/strange");
        put(&tree, "/strange/y", "ignore\n");
        give_away(&tree, "/strange");
        point(&tree, "../../strange/y");
        const struct diagnostic *problem = expect_broken(&tree, "/etc/auditfail/x.conf", "a link through /tmp/");
        cr_expect_not_null(strstr(problem->message, "/strange, which is owned by uid 65534"), "%s", problem->message);

        diagnostics_clear(&tree.problems);
        policy_free(TAKE_PTR(tree.policy));
        tree.policy = NULL;
        cr_expect_eq(policy_load(&places, POLICY_LOAD_STRICT, &tree.policy, &tree.problems), 0, "its own, as a tester");
}

Test(policy_read, a_link_into_a_folder_that_may_not_be_entered_names_that_folder) {
        NOT_ROOT;
        TREE;

        make_folder(&tree, "/closed");
        put(&tree, "/closed/y", "ignore\n");
        set_mode(&tree, "/closed", 0600);
        point(&tree, "../../closed/y");
        const struct diagnostic *problem =
                expect_broken(&tree, "/etc/auditfail/x.conf", "cannot be opened: Permission denied");
        cr_expect_not_null(strstr(problem->expected, "/closed (type: chmod a+rx /tmp/test-policy-"));
        set_mode(&tree, "/closed", 0700);
}

Test(policy_read, what_is_no_regular_file_is_broken) {
        TREE;
        cleanup(cleanup_free) char *path = below(&tree, "/etc/auditfail/x.conf");

        make_folder(&tree, "/etc/auditfail/x.conf");
        expect_broken(&tree, "/etc/auditfail/x.conf", "not a regular file");
        rmdir(path);

        cr_assert_eq(mkfifo(path, 0644), 0);
        expect_broken(&tree, "/etc/auditfail/x.conf", "not a regular file");
        unlink(path);

        struct sockaddr_un address = { .sun_family = AF_UNIX };
        cleanup(cleanup_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
        cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        expect_broken(&tree, "/etc/auditfail/x.conf", "cannot be opened");
}

Test(policy_read, a_file_that_others_can_write_is_broken) {
        TREE;

        put(&tree, "/etc/auditfail/x.conf", "ignore\n");
        set_mode(&tree, "/etc/auditfail/x.conf", 0664);
        const struct diagnostic *problem =
                expect_broken(&tree, "/etc/auditfail/x.conf", "writable by its group (mode 0664)");
        cr_expect_not_null(strstr(problem->expected, "(type: chmod go-w /tmp/test-policy-"));
        set_mode(&tree, "/etc/auditfail/x.conf", 0602);
        expect_broken(&tree, "/etc/auditfail/x.conf", "writable by others (mode 0602)");
}

Test(policy_read, a_file_that_a_stranger_owns_is_broken) {
        ONLY_ROOT;
        TREE;

        put(&tree, "/etc/auditfail/x.conf", "ignore\n");
        give_away(&tree, "/etc/auditfail/x.conf");
        const struct diagnostic *problem = expect_broken(&tree, "/etc/auditfail/x.conf", "owned by uid 65534");
        cr_expect_not_null(strstr(problem->expected, "(type: chown root /tmp/test-policy-"));
}

Test(policy_read, whoever_started_the_daemon_may_own_files_besides_root) {
        ONLY_ROOT;
        TREE;
        struct policy_places places = { .root = tree.root, .owner = STRANGER };

        put(&tree, "/etc/auditfail/x.conf", "ignore\n");
        put(&tree, "/etc/auditfail/y.conf", "ignore\n");
        give_away(&tree, "/etc/auditfail/x.conf");
        cr_expect_eq(policy_load(&places, POLICY_LOAD_STRICT, &tree.policy, &tree.problems), 0);
        cr_expect_eq(policy_count(tree.policy), 2);
}

Test(policy_read, a_file_that_cannot_be_read_is_broken) {
        NOT_ROOT;
        TREE;

        put(&tree, "/etc/auditfail/x.conf", "ignore\n");
        set_mode(&tree, "/etc/auditfail/x.conf", 0200);
        const struct diagnostic *problem =
                expect_broken(&tree, "/etc/auditfail/x.conf", "cannot be opened: Permission denied");
        cr_expect_not_null(strstr(problem->expected, "(type: chmod a+r /tmp/test-policy-"));
}

Test(policy_read, a_file_may_have_64_kib_and_no_more) {
        TREE;
        static char text[POLICY_FILE_MAX + 1] = "log\n";

        memset(text + 4, '#', sizeof(text) - 4);
        put_bytes(&tree, "/etc/auditfail/x.conf", text, POLICY_FILE_MAX);
        load_good(&tree);
        put_bytes(&tree, "/etc/auditfail/x.conf", text, POLICY_FILE_MAX + 1);
        expect_broken(&tree, "/etc/auditfail/x.conf", "too long");
}

Test(policy_read, what_is_wrong_in_a_file_is_said_with_line_and_column) {
        TREE;

        put(&tree, "/etc/auditfail/x.conf", "# x\n ignroe\n");
        const struct diagnostic *problem = expect_broken(&tree, "/etc/auditfail/x.conf", "unknown action \"ignroe\"");
        cr_expect_eq(problem->line, 2);
        cr_expect_eq(problem->column, 2);
        cr_expect_str_eq(problem->text, " ignroe");
        cr_expect_str_eq(problem->suggestion, "ignore");
}

Test(policy_read, a_folder_that_others_can_write_is_refused_even_at_start) {
        static const char *const folders[] = { "/etc", "/etc/auditfail", "/usr/lib/auditfail" };
        TREE;

        put(&tree, "/etc/auditfail/x.conf", "x\n");
        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
                set_mode(&tree, folders[i], 01777);
                cr_expect_eq(load(&tree, POLICY_LOAD_STRICT), -EPERM);
                cr_expect_eq(load(&tree, POLICY_LOAD_LENIENT), -EPERM);
                cr_expect_eq(tree.problems.count, 2, "the files in it are looked at all the same");
                expect_problem(&tree, i < 2 ? 0 : 1, SEVERITY_ERROR, folders[i], "writable by its group and others");
                set_mode(&tree, folders[i], 0755);
        }
}

Test(policy_read, a_folder_above_those_of_policy_must_not_be_writable_either) {
        static const char *const folders[] = { "/usr", "/usr/lib" };
        TREE;

        put(&tree, "/usr/lib/auditfail/x.conf", "ignore\n");
        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
                set_mode(&tree, folders[i], 0775);
                cr_expect_eq(load(&tree, POLICY_LOAD_LENIENT), -EPERM);
                cr_expect_eq(tree.problems.count, 1);
                expect_problem(&tree, 0, SEVERITY_ERROR, folders[i], "writable by its group");
                set_mode(&tree, folders[i], 0755);
        }
}

Test(policy_read, a_folder_may_be_a_link_through_folders_that_others_cannot_change) {
        TREE;
        cleanup(cleanup_free) char *folder = below(&tree, "/etc/auditfail");

        make_folder(&tree, "/open");
        make_folder(&tree, "/open/policy");
        put(&tree, "/open/policy/x.conf", "ignore\n");
        rmdir(folder);
        put_link(&tree, "/etc/auditfail", "../open/policy");
        load_good(&tree);
        expect_answer(&tree, "x", AUDITFAIL_IGNORE, "/etc/auditfail/x.conf");

        set_mode(&tree, "/open", 01777);
        cr_expect_eq(load(&tree, POLICY_LOAD_LENIENT), -EPERM);
        cr_expect_eq(tree.problems.count, 1);
        const struct diagnostic *problem =
                expect_problem(&tree, 0, SEVERITY_ERROR, "/etc/auditfail", "a link through /tmp/test-policy-");
        cr_expect_not_null(strstr(problem->expected, "&& cp -r "));
}

Test(policy_read, a_folder_that_a_stranger_owns_is_refused_even_at_start) {
        ONLY_ROOT;
        TREE;

        give_away(&tree, "/usr/lib/auditfail");
        cr_expect_eq(load(&tree, POLICY_LOAD_LENIENT), -EPERM);
        expect_problem(&tree, 0, SEVERITY_ERROR, "/usr/lib/auditfail", "owned by uid 65534");
}

Test(policy_read, a_folder_that_cannot_be_read_is_no_empty_folder) {
        TREE;
        cleanup(cleanup_free) char *folder = below(&tree, "/etc/auditfail");

        rmdir(folder);
        put(&tree, "/etc/auditfail", "no folder\n");
        cr_expect_eq(load(&tree, POLICY_LOAD_LENIENT), -ENOTDIR);
        expect_problem(&tree, 0, SEVERITY_ERROR, "/etc/auditfail", "cannot be opened: Not a directory");

        unlink(folder);
        put_link(&tree, "/etc/auditfail", "/nowhere/at/all");
        cr_expect_eq(load(&tree, POLICY_LOAD_LENIENT), -ENOTDIR);
        expect_problem(&tree, 0, SEVERITY_ERROR, "/etc/auditfail", "a link to /nowhere/at/all, which does not exist");
}

Test(policy_read, a_folder_that_may_not_be_read_is_no_empty_folder) {
        NOT_ROOT;
        TREE;

        put(&tree, "/etc/auditfail/x.conf", "ignore\n");
        put(&tree, "/etc/auditfail/y.conf", "ignore\n");
        static const mode_t modes[] = { 0300, 0400, 0 };
        for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
                set_mode(&tree, "/etc/auditfail", modes[i]);
                cr_expect_eq(load(&tree, POLICY_LOAD_LENIENT), -EACCES);
                cr_expect_eq(tree.problems.count, 1);
                const struct diagnostic *problem = expect_problem(&tree, 0, SEVERITY_ERROR, "/etc/auditfail",
                                                                  "cannot be opened: Permission denied");
                cr_expect_not_null(strstr(problem->expected, "(type: chmod a+rx /tmp/test-policy-"));
        }
        set_mode(&tree, "/etc/auditfail", 0755);
}

Test(policy_read, a_folder_that_may_not_be_entered_is_named_where_it_is_above) {
        static const char *const folders[] = { "/etc", "/usr", "/usr/lib" };
        NOT_ROOT;
        TREE;

        put(&tree, "/etc/auditfail/x.conf", "ignore\n");
        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
                set_mode(&tree, folders[i], 0600);
                cr_expect_eq(load(&tree, POLICY_LOAD_LENIENT), -EACCES);
                cr_expect_eq(tree.problems.count, 1);
                cleanup(cleanup_free) char *help = NULL;
                cr_assert(asprintf(&help, "(type: chmod a+rx %s%s)", tree.root, folders[i]) > 0);
                cr_expect_not_null(strstr(tree.problems.items[0].expected, help), "%s",
                                   tree.problems.items[0].expected);
                set_mode(&tree, folders[i], 0755);
        }
}

static int load_file(struct tree *tree, const char *name, struct policy_file *ret) {
        struct policy_trust trust = { .owner = geteuid(), .problems = &tree->problems };
        cleanup(cleanup_fd) int fd = open(tree->root, O_PATH | O_DIRECTORY | O_CLOEXEC);

        cr_assert_geq(fd, 0);
        return policy_load_file(&trust, &(struct policy_folder){ fd, tree->root }, name, name, ret);
}

Test(policy_read, one_file_by_itself_is_checked_in_the_same_way) {
        TREE;
        struct policy_file policy;

        put(&tree, "/any name", "log\nother = ignore\n");
        put_link(&tree, "/mask", "/dev/null");
        put(&tree, "/bad", "x\ny\n");
        set_mode(&tree, "/bad", 0666);

        cr_expect_eq(load_file(&tree, "any name", &policy), 0);
        cr_expect_eq(policy.exceptions[KIND_OTHER].line, 2);
        cr_expect_eq(load_file(&tree, "mask", &policy), 0);
        cr_expect_eq(policy.base.line, 0);
        cr_expect_eq(tree.problems.count, 0);
        cr_expect_eq(load_file(&tree, "none", &policy), -ENOENT);
        cr_expect_eq(tree.problems.count, 1);
        cr_expect_eq(load_file(&tree, "bad", &policy), -EINVAL);
        cr_expect_eq(tree.problems.count, 4);
}
