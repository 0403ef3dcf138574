/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds and reads the policy files of a machine, in the places of policy_path.h. */
#ifndef AUDITFAIL_POLICY_LOAD_H
#define AUDITFAIL_POLICY_LOAD_H

#include <sys/types.h>

#include "daemon/policy/policy.h"
#include "daemon/policy/policy_walk.h"

struct policy_places {
        const char *root; /* "" for the machine's own files, else a folder that stands for / (no slash at its end) */
        uid_t owner;      /* may own policy files besides root: the user of a test daemon; else 0 */
};

/*
 * POLICY_LOAD_STRICT: a bad file is an error, as in a reload. POLICY_LOAD_LENIENT: a bad file means terminate for its
 * application, as when the daemon starts and has no earlier policy.
 */
enum policy_load_mode { POLICY_LOAD_STRICT, POLICY_LOAD_LENIENT };

/*
 * Reads all files into a new policy that the caller owns. Places that do not exist are empty. Returns 0, or a negative
 * errno, after which PROBLEMS, sorted, says why:
 *  -EINVAL  a file is bad (only STRICT)
 *  -EPERM   other users may write to a folder, so they could have removed a file
 *  another  ROOT is no folder, a folder exists but cannot be read, or memory is short
 *
 * Only reads files. Safe in any thread, if no other thread uses PROBLEMS.
 */
int policy_load(const struct policy_places *places, enum policy_load_mode mode, struct policy **ret,
                struct diagnostics *problems);

/*
 * The same in two steps, for a caller that opens ROOT with other rights than it reads the files with. The first step
 * opens ROOT, the second one only what lies below. Both return 0, or a negative errno after PROBLEMS says why. The
 * caller closes *RET in both cases.
 */
#define POLICY_ROOT_PATH_MAX (POLICY_ROOT_MAX + 8)
struct policy_root {
        struct policy_folder tree; /* ROOT, in which links stay; fd -1: this machine */
        int etc, usr;              /* O_PATH; -1: there is none */
        char etc_path[POLICY_ROOT_PATH_MAX], usr_path[POLICY_ROOT_PATH_MAX];
};
#define POLICY_ROOT_NULL ((struct policy_root){ .tree.fd = -1, .etc = -1, .usr = -1 })
int policy_open_root(const struct policy_places *places, struct policy_root *ret, struct diagnostics *problems);
void policy_close_root(struct policy_root *root);
int policy_load_from(const struct policy_root *root, const struct policy_places *places, enum policy_load_mode mode,
                     struct policy **ret, struct diagnostics *problems);

/*
 * Checks a single file, NAME in any FOLDER, which problems call PATH: for auditfailctl check. NAME may be no
 * application. Returns 0, and for a mask sets *RET to no rules (base.line 0); or -ENOENT, -EINVAL or another negative
 * errno after the problems say why.
 */
int policy_load_file(const struct policy_trust *trust, const struct policy_folder *folder, const char *name,
                     const char *path, struct policy_file *ret);

/* Whether FOLDER is one of this machine's folders of policy files. */
bool policy_is_place(int folder);

#endif
