/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/controld/auditd/kernel_drops.h"

#include <libaudit.h>
#include <stdio.h>

/* Looks for the first rule that drops this type of record. */
struct search {
        struct audit_rules_question question;
        struct kernel_drops *drops;
};

static void note_rule(const struct audit_rule_data *rule, size_t size, void *userdata) {
        struct search *search = userdata;

        if (!*search->drops->rule && audit_filter_drops(&search->question.dropped, AUDIT_TRUSTED_APP))
                search->drops->deletable = audit_rule_text(rule, size, search->drops->rule);
}

static void conclude(struct kernel_drops *drops) {
        const struct audit_state *state = &drops->state;

        drops->drops = !state->enabled || *drops->rule;
        drops->deletable = drops->deletable && !state->locked;
        drops->cause = state->enabled ? CAUSE_EXCLUDED : CAUSE_DISABLED;
        if (!state->enabled)
                snprintf(drops->detail, sizeof(drops->detail), "the kernel drops every record (enabled 0)");
        else if (*drops->rule)
                snprintf(drops->detail, sizeof(drops->detail), "the kernel has the rule %s%s", drops->rule,
                         state->locked ? ", and its rules are locked until the next boot (enabled 2)" : "");
}

void kernel_drops_find(struct kernel_drops *ret) {
        struct search search = { .question = { .on_rule = note_rule, .userdata = &search }, .drops = ret };

        *ret = (struct kernel_drops){ 0 };
        if (audit_state_ask(&ret->state, &search.question) < 0) {
                *ret = (struct kernel_drops){ 0 }; /* an incomplete answer counts as none */
                return;
        }
        ret->known = true;
        conclude(ret);
}
