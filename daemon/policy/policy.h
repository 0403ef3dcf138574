/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The policy of all applications: a table that policy_load() (policy_load.h) makes, and that never changes afterwards.
 * So any thread may read it.
 */
#ifndef AUDITFAIL_POLICY_H
#define AUDITFAIL_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "auditfail.h"
#include "daemon/policy/policy_file.h"
#include "protocol/policy_path.h"
#include "protocol/vocabulary.h"

/* What a place holds for a name: type Finding in io.auditfail.Policy.varlink. */
enum finding {
        FINDING_ABSENT,
        FINDING_USED,
        FINDING_SHADOWED,
        FINDING_MASK,
        FINDING_MASKED,
        FINDING_BROKEN,
        FINDING_COUNT,
};

/* Where an answer comes from: type Source in the same file. */
enum source { SOURCE_APPLICATION, SOURCE_DEFAULT, SOURCE_BROKEN, SOURCE_BUILTIN, SOURCE_COUNT };

const char *finding_name(enum finding finding);
const char *source_name(enum source source);

/*
 * A name for which at least one place holds something. FILE is the file that applies. It is NULL if all files for the
 * name are masked: then the default policy applies. A broken entry has a file, but no rules, and means terminate.
 * Broken entries occur only when the daemon starts.
 */
struct policy_entry {
        const char *application;
        const char *file;
        struct policy_file rules;
        enum source source : 8; /* SOURCE_APPLICATION, SOURCE_DEFAULT for the entry named "default", or SOURCE_BROKEN */
        uint8_t findings[PLACE_COUNT];
};

struct policy;

/*
 * Makes an empty policy for the files below ROOT (see struct policy_places). The caller owns it, and fills it with
 * policy_append() before others use it. Returns 0, -ENAMETOOLONG or -ENOMEM.
 */
int policy_new(const char *root, struct policy **ret);

/*
 * Adds an entry for APPLICATION, a valid name that sorts after all earlier ones. FINDINGS is what the places hold,
 * RULES are those of the place with FINDING_USED. Returns 0, -EINVAL if the name is invalid or out of order, or
 * -ENOMEM.
 */
int policy_append(struct policy *policy, const char *application, const struct policy_file *rules,
                  const uint8_t findings[PLACE_COUNT]);

struct policy *policy_free(struct policy *policy); /* returns NULL; NULL is fine */

/* The folder that replaces /; "" for / itself. */
const char *policy_root(const struct policy *policy);

/*
 * A hash over everything that policy_decide() and policy_explain() return. Equal policies have equal fingerprints, also
 * in another run of the daemon.
 */
uint64_t policy_fingerprint(const struct policy *policy);

/* The number of applications that have a file. "default" counts, names with masks only do not. */
size_t policy_count(const struct policy *policy);

/* All entries, sorted by the bytes of their names. They live as long as the policy. */
const struct policy_entry *policy_entries(const struct policy *policy, size_t *ret_count);

/* Index of the first entry whose name sorts after NAME (NULL: 0); the number of entries if there is none. */
size_t policy_entries_after(const struct policy *policy, const char *name);

/* The entry named APPLICATION, or NULL. */
const struct policy_entry *policy_find(const struct policy *policy, const char *application);

struct policy_decision {
        enum auditfail_action action;
        enum source source;
        const char *file; /* that decided; NULL: none */
        uint32_t line;    /* that decided; 0: the file is broken, or there is none */
};

/*
 * Decides what APPLICATION (NULL: the default policy) must do after a failure of KIND. Without a file, or if POLICY is
 * NULL, the action is terminate. Allocates nothing.
 */
void policy_decide(const struct policy *policy, const char *application, enum kind kind, struct policy_decision *ret);

struct policy_step {
        const char *application; /* as handed in, or APPLICATION_DEFAULT */
        char file[POLICY_PATH_MAX];
        enum finding finding;
};
#define POLICY_STEPS_MAX (2 * PLACE_COUNT)

/*
 * Describes the search of policy_decide(): the places for the application, in order, and those for the default policy
 * if none of them has a file that applies. Returns the number of STEPS that are filled in.
 */
size_t policy_explain(const struct policy *policy, const char *application, struct policy_step steps[POLICY_STEPS_MAX]);

#endif
