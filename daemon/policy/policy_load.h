/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds and reads the policy files of a machine, in the places of policy_path.h. */
#ifndef AUDITFAIL_POLICY_LOAD_H
#define AUDITFAIL_POLICY_LOAD_H

#include <sys/types.h>

#include "daemon/policy/policy.h"
#include "daemon/policy/policy_walk.h"

struct policy_places {
        const char *root; /* "" for the machine's own files, else a folder that stands for / (no slash at its end) */
        uid_t owner;      /* may own policy files besides root: whoever started the daemon in a test tree, else 0 */
};

/*
 * What to do about a file that cannot be used.
 * POLICY_LOAD_STRICT: fail, as a reload must. POLICY_LOAD_LENIENT: a bad file means terminate for its application, as
 * at start, where there is no earlier policy.
 */
enum policy_load_mode { POLICY_LOAD_STRICT, POLICY_LOAD_LENIENT };

/*
 * Reads every file into a new policy that the caller owns. Returns 0; -EINVAL when files are bad (STRICT only); in
 * either mode another negative errno when a folder cannot be read (one that exists but cannot be read is no empty one),
 * when others may write in it (-EPERM: who can do that could also have removed a file), when ROOT is no folder, or when
 * memory is short. In every case PROBLEMS, sorted, tells why. Places that do not exist are empty.
 *
 * Reads files only; safe in any thread while no other uses PROBLEMS.
 */
int policy_load(const struct policy_places *places, enum policy_load_mode mode, struct policy **ret,
                struct diagnostics *problems);

/*
 * The same in two steps, for a caller that opens a tree with other rights than those that it tries on what is in it:
 * the first step needs the folder ROOT, and the second one only what lies below. Returns 0, or a negative errno, and
 * PROBLEMS tells why. The caller closes *RET in either case.
 */
#define POLICY_ROOT_PATH_MAX (POLICY_ROOT_MAX + 8)
struct policy_root {
        int etc, usr; /* O_PATH; -1: there is none */
        char etc_path[POLICY_ROOT_PATH_MAX], usr_path[POLICY_ROOT_PATH_MAX];
};
#define POLICY_ROOT_NULL ((struct policy_root){ .etc = -1, .usr = -1 })
int policy_open_root(const struct policy_places *places, struct policy_root *ret, struct diagnostics *problems);
void policy_close_root(struct policy_root *root);
int policy_load_from(const struct policy_root *root, const struct policy_places *places, enum policy_load_mode mode,
                     struct policy **ret, struct diagnostics *problems);

/*
 * The same checks for one file by itself, NAME in whatever FOLDER, which problems call PATH: for auditfailctl check.
 * NAME need not be that of an application. Returns 0, with no rules at all in *RET (base.line 0) for a mask; -ENOENT,
 * -EINVAL or another negative errno, and the problems tell why.
 */
int policy_load_file(const struct policy_trust *trust, const struct policy_folder *folder, const char *name,
                     const char *path, struct policy_file *ret);

/* Whether FOLDER is one of this machine's own folders of policy files. */
bool policy_is_place(int folder);

#endif
