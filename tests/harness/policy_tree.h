/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A machine's policy files for tests, in a folder of their own:
 *
 *      TREE;
 *      put(&tree, "/etc/auditfail/x.conf", "log\n");
 *      load_good(&tree);
 *      expect_answer(&tree, "x", AUDITFAIL_LOG, "/etc/auditfail/x.conf");
 */
#ifndef AUDITFAIL_POLICY_TREE_H
#define AUDITFAIL_POLICY_TREE_H

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/policy/policy_load.h"
#include "protocol/cleanup.h"

/* A folder that stands for /, with the places in it, and what loading it came to. */
struct tree {
        char root[32];
        struct policy *policy;
        struct diagnostics problems;
};

static inline void cleanup_policy(struct policy **policy) {
        policy_free(*policy);
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void)st;
        (void)type;
        (void)ftw;
        return remove(path);
}

static inline void tree_end(struct tree *tree) {
        policy_free(tree->policy);
        diagnostics_clear(&tree->problems);
        cr_assert_eq(nftw(tree->root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* PATH below the root. The caller frees it. */
static inline char *below(const struct tree *tree, const char *path) {
        char *full = NULL;

        cr_assert(asprintf(&full, "%s%s", tree->root, path) > 0);
        return full;
}

static inline void make_folder(const struct tree *tree, const char *path) {
        cleanup(cleanup_free) char *full = below(tree, path);

        cr_assert_eq(mkdir(full, 0755), 0, "%s", full);
}

static inline void tree_start(struct tree *tree) {
        *tree = (struct tree){ .root = "/tmp/test-policy-XXXXXX" };
        umask(022);
        cr_assert(mkdtemp(tree->root));
        make_folder(tree, "/etc");
        make_folder(tree, "/etc/auditfail");
        make_folder(tree, "/usr");
        make_folder(tree, "/usr/lib");
        make_folder(tree, "/usr/lib/auditfail");
}

#define TREE                                                                                                           \
        cleanup(tree_end) struct tree tree;                                                                            \
        tree_start(&tree)

static inline void put_bytes(const struct tree *tree, const char *path, const char *text, size_t length) {
        cleanup(cleanup_free) char *full = below(tree, path);
        cleanup(cleanup_file) FILE *file = fopen(full, "we");

        cr_assert(file, "%s", full);
        cr_assert_eq(fwrite(text, 1, length, file), length);
}

static inline void put(const struct tree *tree, const char *path, const char *text) {
        put_bytes(tree, path, text, strlen(text));
}

static inline void put_link(const struct tree *tree, const char *path, const char *target) {
        cleanup(cleanup_free) char *full = below(tree, path);

        cr_assert_eq(symlink(target, full), 0);
}

static inline void set_mode(const struct tree *tree, const char *path, mode_t mode) {
        cleanup(cleanup_free) char *full = below(tree, path);

        cr_assert_eq(chmod(full, mode), 0);
}

/* Loads what is there now, in place of what was loaded before. */
static inline int load(struct tree *tree, enum policy_load_mode mode) {
        struct policy_places places = { .root = tree->root, .owner = geteuid() };
        struct policy *policy = NULL;

        diagnostics_clear(&tree->problems);
        int r = policy_load(&places, mode, &policy, &tree->problems);
        cr_assert_eq(policy != NULL, r == 0);
        policy_free(tree->policy);
        tree->policy = policy;
        return r;
}

static inline void load_good(struct tree *tree) {
        int r = load(tree, POLICY_LOAD_STRICT);

        cr_assert_eq(r, 0, "%s", tree->problems.count > 0 ? tree->problems.items[0].message : strerror(-r));
        cr_assert_eq(tree->problems.errors, 0);
}

/* What APPLICATION is told: action, and file below the root. */
static inline void expect_answer(const struct tree *tree, const char *application, enum auditfail_action action,
                                 const char *file) {
        struct policy_decision decision;

        policy_decide(tree->policy, application, KIND_NONE, &decision);
        cr_expect_eq(decision.action, action, "%s: %s", application, action_name(decision.action));
        cr_expect_str_eq(decision.file ? decision.file + strlen(tree->root) : "", file);
}

static inline void expect_findings(const struct tree *tree, const char *application, enum finding etc,
                                   enum finding flat, enum finding lib) {
        const struct policy_entry *entry = policy_find(tree->policy, application);

        cr_assert(entry, "%s", application);
        cr_expect_eq(entry->findings[PLACE_ETC], etc, "%s", finding_name((enum finding)entry->findings[PLACE_ETC]));
        cr_expect_eq(entry->findings[PLACE_FLAT], flat, "%s", finding_name((enum finding)entry->findings[PLACE_FLAT]));
        cr_expect_eq(entry->findings[PLACE_LIB], lib, "%s", finding_name((enum finding)entry->findings[PLACE_LIB]));
}

/* That problem number I is about FILE below the root, and says MESSAGE. */
static inline const struct diagnostic *expect_problem(const struct tree *tree, size_t i, enum severity severity,
                                                      const char *file, const char *message) {
        cr_assert_lt(i, tree->problems.count, "no problem \"%s\"", message);
        const struct diagnostic *problem = &tree->problems.items[i];

        cr_expect_eq(problem->severity, severity);
        cr_expect_str_eq(problem->file + strlen(tree->root), file);
        cr_expect(strncmp(problem->message, message, strlen(message)) == 0, "%s", problem->message);
        return problem;
}

#endif
