/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel_drops.h"

#include <libaudit.h>
#include <stdio.h>

#include "audit_rule_text.h"
#include "audit_state.h"

/* The rule by which this type of record is dropped, and the answer so far, which says whether it is. */
struct search {
        struct audit_rules_question question;
        char rule[AUDIT_RULE_TEXT_MAX]; /* "": none so far */
};

static void note_rule(const struct audit_rule_data *rule, size_t size, void *userdata) {
        struct search *search = userdata;

        if (!*search->rule && audit_filter_drops(&search->question.dropped, AUDIT_TRUSTED_APP))
                audit_rule_text(rule, size, search->rule);
}

void kernel_drops_find(struct kernel_drops *ret) {
        struct search search = { .question = { .on_rule = note_rule, .userdata = &search } };
        struct audit_state state;

        *ret = (struct kernel_drops){ 0 };
        if (audit_state_ask(&state, &search.question) < 0)
                return;
        ret->known = true;
        ret->lost = state.lost;
        ret->rate_limit = state.rate_limit;
        ret->drops = true;
        if (!state.enabled) {
                ret->cause = CAUSE_DISABLED;
                snprintf(ret->detail, sizeof(ret->detail), "the kernel's auditing is off (enabled 0)");
        } else if (*search.rule) {
                ret->cause = CAUSE_EXCLUDED;
                snprintf(ret->detail, sizeof(ret->detail), "%s", search.rule);
        } else {
                ret->drops = false;
        }
}
