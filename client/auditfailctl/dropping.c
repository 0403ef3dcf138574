/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dropping.h"

#include <stdlib.h>

#include "audit_rule_text.h"
#include "audit_state.h"
#include "text.h"

static void note_rule(const struct audit_rule_data *rule, size_t size, void *userdata) {
        struct dropping *dropping = userdata;
        char text[AUDIT_RULE_TEXT_MAX];

        if (dropping->count == DROPPING_RULES_MAX)
                return;
        audit_rule_text(rule, size, text);
        dropping->rules[dropping->count++] = text_format("%s", text);
}

void dropping_find(const struct audit_subject *subject, struct dropping *ret) {
        struct audit_rules_question rules = { .subject = subject, .on_rule = note_rule, .userdata = ret };
        struct audit_state state;

        *ret = (struct dropping){ 0 };
        if (audit_state_ask(&state, &rules) == 0)
                ret->all = audit_filter_drops(&rules.dropped, 0);
        else
                dropping_clear(ret); /* half of an answer is none */
}

void dropping_clear(struct dropping *dropping) {
        for (size_t i = 0; i < dropping->count; i++)
                free(dropping->rules[i]);
        *dropping = (struct dropping){ 0 };
}
