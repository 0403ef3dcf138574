/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/policy/policy.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/cleanup.h"
#include "protocol/snapshot.h"

#define STRINGS_BLOCK 16384
#define LARGE         1000 /* entries; to return the memory of more takes a millisecond, and is worth it */

/* Names and paths lie in blocks. With 100,000 applications, one malloc() for each would add half their size. */
struct strings {
        struct strings *next;
        size_t used;
        char bytes[STRINGS_BLOCK];
};

struct policy {
        struct strings *strings;
        struct policy_entry *entries;
        size_t count, allocated;
        uint32_t *slots;       /* hash table of twice as many as allocated: number of an entry, from 1; 0: free */
        size_t applications;   /* entries with a file */
        size_t default_number; /* of the entry "default", from 1; 0: there is none */
        uint64_t fingerprint;  /* of the entries so far */
        char root[POLICY_ROOT_MAX];
};

static const char *const finding_names[FINDING_COUNT] = {
        [FINDING_ABSENT] = "absent", [FINDING_USED] = "used",     [FINDING_SHADOWED] = "shadowed",
        [FINDING_MASK] = "mask",     [FINDING_MASKED] = "masked", [FINDING_BROKEN] = "broken",
};

static const char *const source_names[SOURCE_COUNT] = {
        [SOURCE_APPLICATION] = "application",
        [SOURCE_DEFAULT] = "default",
        [SOURCE_BROKEN] = "broken",
        [SOURCE_BUILTIN] = "builtin",
};

const char *finding_name(enum finding finding) {
        return finding_names[finding];
}

const char *source_name(enum source source) {
        return source_names[source];
}

int policy_new(const char *root, struct policy **ret) {
        size_t length = strlen(root);

        if (length >= POLICY_ROOT_MAX)
                return -ENAMETOOLONG;

        struct policy *policy = calloc(1, sizeof(*policy));
        if (!policy)
                return -ENOMEM;
        memcpy(policy->root, root, length + 1);
        policy->fingerprint = snapshot_hash(0, root, length + 1);
        *ret = policy;
        return 0;
}

struct policy *policy_free(struct policy *policy) {
        if (!policy)
                return NULL;
        bool large = policy->count > LARGE;
        while (policy->strings) {
                struct strings *block = policy->strings;

                policy->strings = block->next;
                free(block);
        }
        free(policy->entries);
        free(policy->slots);
        free(policy);
        /* The memory is in the arena of the thread that loaded it. The next reload runs in another thread. */
        if (large)
                malloc_trim(0);
        return NULL;
}

static const char *keep_string(struct policy *policy, const char *string) {
        size_t size = strlen(string) + 1;

        if (!policy->strings || size > STRINGS_BLOCK - policy->strings->used) {
                struct strings *block = malloc(sizeof(*block));

                if (!block)
                        return NULL;
                block->next = policy->strings;
                block->used = 0;
                policy->strings = block;
        }
        char *copy = policy->strings->bytes + policy->strings->used;
        policy->strings->used += size;
        return memcpy(copy, string, size);
}

/* The slot of APPLICATION, or the free one where it would be. The table is at most half full, so the search is short.
 */
static uint32_t *find_slot(const struct policy *policy, const char *application) {
        size_t slots = 2 * policy->allocated, at = snapshot_slot(slots, application, strlen(application));

        while (policy->slots[at] != 0 && strcmp(policy->entries[policy->slots[at] - 1].application, application) != 0)
                at = (at + 1) & (slots - 1);
        return &policy->slots[at];
}

static int reserve_entry(struct policy *policy) {
        if (policy->count < policy->allocated)
                return 0;

        size_t allocated = policy->allocated ? policy->allocated * 2 : 32;
        struct policy_entry *entries = reallocarray(policy->entries, allocated, sizeof(*entries));
        if (!entries)
                return -ENOMEM;
        policy->entries = entries;
        uint32_t *slots = calloc(2 * allocated, sizeof(*slots));
        if (!slots)
                return -ENOMEM;
        free(policy->slots);
        policy->slots = slots;
        policy->allocated = allocated;
        for (size_t i = 0; i < policy->count; i++)
                *find_slot(policy, entries[i].application) = (uint32_t)i + 1;
        return 0;
}

/* The place whose file applies; PLACE_COUNT if none does. */
static enum place applying_place(const uint8_t findings[PLACE_COUNT]) {
        enum place place = 0;

        while (place < PLACE_COUNT && findings[place] != FINDING_USED && findings[place] != FINDING_BROKEN)
                place++;
        return place;
}

static uint64_t hash_rule(uint64_t hash, struct policy_rule rule) {
        uint32_t words[] = { rule.line, rule.line > 0 ? rule.action : 0 };

        return snapshot_hash(hash, words, sizeof(words));
}

/* Source and file of an entry follow from the root, the name and the findings. */
static uint64_t hash_entry(uint64_t hash, const struct policy_entry *entry) {
        hash = snapshot_hash(hash, entry->application, strlen(entry->application) + 1);
        hash = snapshot_hash(hash, entry->findings, sizeof(entry->findings));
        hash = hash_rule(hash, entry->rules.base);
        for (size_t kind = 0; kind < KIND_COUNT; kind++)
                hash = hash_rule(hash, entry->rules.exceptions[kind]);
        /* Without a bound, the fingerprint is that of earlier versions: an upgrade is no change of the policy. */
        uint8_t wait = entry->rules.base.wait;
        return wait > 0 ? snapshot_hash(hash, &wait, sizeof(wait)) : hash;
}

int policy_append(struct policy *policy, const char *application, const struct policy_file *rules,
                  const uint8_t findings[PLACE_COUNT]) {
        struct policy_entry entry = { .source = SOURCE_APPLICATION };
        enum place place = applying_place(findings);
        char path[POLICY_PATH_MAX];

        if (!application_name_valid(application, strlen(application)) ||
            (policy->count > 0 && strcmp(policy->entries[policy->count - 1].application, application) >= 0))
                return -EINVAL;
        if (reserve_entry(policy) < 0)
                return -ENOMEM;
        memcpy(entry.findings, findings, sizeof(entry.findings));
        entry.application = keep_string(policy, application);
        if (!entry.application)
                return -ENOMEM;
        if (strcmp(application, APPLICATION_DEFAULT) == 0) {
                entry.source = SOURCE_DEFAULT;
                policy->default_number = policy->count + 1;
        }
        if (place < PLACE_COUNT) {
                policy_path(path, policy->root, place, application, strlen(application));
                entry.file = keep_string(policy, path);
                if (!entry.file)
                        return -ENOMEM;
                policy->applications++;
                if (findings[place] == FINDING_BROKEN)
                        entry.source = SOURCE_BROKEN;
                else
                        entry.rules = *rules;
        }
        policy->fingerprint = hash_entry(policy->fingerprint, &entry);
        *find_slot(policy, entry.application) = (uint32_t)policy->count + 1;
        policy->entries[policy->count++] = entry;
        return 0;
}

const char *policy_root(const struct policy *policy) {
        return policy->root;
}

size_t policy_count(const struct policy *policy) {
        return policy->applications;
}

uint64_t policy_fingerprint(const struct policy *policy) {
        return policy->fingerprint;
}

const struct policy_entry *policy_entries(const struct policy *policy, size_t *ret_count) {
        *ret_count = policy->count;
        return policy->entries;
}

size_t policy_entries_after(const struct policy *policy, const char *name) {
        size_t low = 0, high = policy->count;

        while (name && low < high) {
                size_t middle = low + (high - low) / 2;

                if (strcmp(policy->entries[middle].application, name) <= 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

const struct policy_entry *policy_find(const struct policy *policy, const char *application) {
        uint32_t number = application && policy->count > 0 ? *find_slot(policy, application) : 0;

        return number > 0 ? &policy->entries[number - 1] : NULL;
}

/* The entry whose file applies to APPLICATION; NULL if none does. */
static const struct policy_entry *applying_entry(const struct policy *policy, const char *application) {
        const struct policy_entry *entry = policy_find(policy, application);

        if ((!entry || !entry->file) && policy->default_number > 0)
                entry = &policy->entries[policy->default_number - 1];
        return entry && entry->file ? entry : NULL;
}

void policy_decide(const struct policy *policy, const char *application, enum kind kind, struct policy_decision *ret) {
        const struct policy_entry *entry = policy ? applying_entry(policy, application) : NULL;

        *ret = (struct policy_decision){ .action = AUDITFAIL_TERMINATE, .source = SOURCE_BUILTIN };
        if (!entry)
                return;
        ret->source = entry->source;
        ret->file = entry->file;
        if (entry->source == SOURCE_BROKEN)
                return;

        struct policy_rule rule = entry->rules.base;
        if (kind > KIND_NONE && kind < KIND_COUNT && entry->rules.exceptions[kind].line > 0)
                rule = entry->rules.exceptions[kind];
        ret->action = rule.action;
        ret->line = rule.line;
}

/* Fills in one step for each place of APPLICATION. */
static size_t explain_name(const struct policy *policy, const char *application, struct policy_step *steps) {
        const struct policy_entry *entry = policy_find(policy, application);

        for (enum place place = 0; place < PLACE_COUNT; place++) {
                steps[place].application = application;
                policy_path(steps[place].file, policy->root, place, application, strlen(application));
                steps[place].finding = entry ? entry->findings[place] : FINDING_ABSENT;
        }
        return PLACE_COUNT;
}

size_t policy_explain(const struct policy *policy, const char *application,
                      struct policy_step steps[POLICY_STEPS_MAX]) {
        size_t count = 0;

        /* Programs may have any name, but only valid names have files. */
        if (application && application_name_valid(application, strlen(application))) {
                const struct policy_entry *entry = policy_find(policy, application);

                count = explain_name(policy, application, steps);
                if ((entry && entry->file) || strcmp(application, APPLICATION_DEFAULT) == 0)
                        return count;
        }
        return count + explain_name(policy, APPLICATION_DEFAULT, steps + count);
}
