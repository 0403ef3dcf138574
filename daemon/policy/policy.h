/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The policy of all applications: an immutable table, made by policy_load() (policy_load.h) and asked by everyone.
 *
 * Immutable once loaded, so any thread may read it; the reference count is atomic.
 */
#ifndef AUDITFAIL_POLICY_H
#define AUDITFAIL_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auditfail.h"
#include "daemon/policy/policy_file.h"
#include "protocol/policy_path.h"
#include "protocol/vocabulary.h"

/* What a place holds. The words are those of type Finding in io.auditfail.Policy.varlink. */
enum finding {
        FINDING_ABSENT,
        FINDING_USED,
        FINDING_SHADOWED,
        FINDING_MASK,
        FINDING_MASKED,
        FINDING_BROKEN,
        FINDING_COUNT,
};

/* Where an answer comes from. The words are those of type Source there. */
enum source { SOURCE_APPLICATION, SOURCE_DEFAULT, SOURCE_BROKEN, SOURCE_BUILTIN, SOURCE_COUNT };

const char *finding_name(enum finding finding);
const char *source_name(enum source source);

/*
 * One name that at least one place knows. FILE is the policy that counts; NULL: all that there is for this name is
 * masked, and the default policy answers. A broken entry (only at start) has a file and no rules: it means terminate.
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
 * An empty policy of the files below ROOT (see struct policy_places), for its maker to fill with policy_append() before
 * anybody else sees it. Returns 0, -ENAMETOOLONG or -ENOMEM.
 */
int policy_new(const char *root, struct policy **ret);

/*
 * Adds what the places hold for APPLICATION, a valid name that comes after all that were added before. RULES are those
 * of the place with FINDING_USED. Returns 0, -EINVAL where the name is out of order, or -ENOMEM.
 */
int policy_append(struct policy *policy, const char *application, const struct policy_file *rules,
                  const uint8_t findings[PLACE_COUNT]);

struct policy *policy_ref(struct policy *policy);
struct policy *policy_unref(struct policy *policy); /* returns NULL; NULL is fine */

/* The folder that stands for /; "" for / itself. */
const char *policy_root(const struct policy *policy);

/* How many applications have a policy (the default included, names that are all masked not). */
size_t policy_count(const struct policy *policy);

/* All entries, sorted by the bytes of their names: [0, *ret_count). They live as long as the policy. */
const struct policy_entry *policy_entries(const struct policy *policy, size_t *ret_count);

/* Index of the first entry whose name comes after NAME (NULL: of the first of all); the number of entries: none does.
 */
size_t policy_entries_after(const struct policy *policy, const char *name);

/* The entry named APPLICATION, or NULL. */
const struct policy_entry *policy_find(const struct policy *policy, const char *application);

struct policy_decision {
        enum auditfail_action action;
        enum source source;
        const char *file; /* of the policy; NULL: no file decided */
        uint32_t line;    /* 0: no line did, since the file is broken or there is none */
};

/*
 * What APPLICATION (NULL: the default policy) must do about a failure of KIND. Always has an answer: without any
 * policy, or where POLICY is NULL, it is terminate. Allocates nothing.
 */
void policy_decide(const struct policy *policy, const char *application, enum kind kind, struct policy_decision *ret);

struct policy_step {
        const char *application; /* as handed in, or APPLICATION_DEFAULT */
        char file[POLICY_PATH_MAX];
        enum finding finding;
};
#define POLICY_STEPS_MAX (2 * PLACE_COUNT)

/*
 * The search behind policy_decide(): which places were looked at, in order; the default's where the application's have
 * no answer. Returns the number of STEPS filled in.
 */
size_t policy_explain(const struct policy *policy, const char *application, struct policy_step steps[POLICY_STEPS_MAX]);

/* Whether A and B are the same in all that policy_decide() and policy_explain() can tell. NULL equals only NULL. */
bool policy_equal(const struct policy *a, const struct policy *b);

/* A hash over the same: equal policies have equal fingerprints, in every run of the daemon. */
uint64_t policy_fingerprint(const struct policy *policy);

#endif
