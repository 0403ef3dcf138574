/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/auditfailctl/output/dropping.h"

#include <stdlib.h>

#include "client/common/text.h"
#include "protocol/audit/audit_rule_text.h"

static void note_rule(const struct audit_rule_data *rule, size_t size, void *userdata) {
        struct dropping *dropping = userdata;
        char text[AUDIT_RULE_TEXT_MAX];

        if (dropping->count == DROPPING_RULES_MAX)
                return;
        dropping->deletes[dropping->count] = audit_rule_text(rule, size, text);
        dropping->rules[dropping->count++] = text_format("%s", text);
}

bool dropping_find(const struct audit_subject *subject, struct dropping *ret, struct audit_state *ret_state) {
        struct audit_rules_question rules = { .subject = subject, .on_rule = note_rule, .userdata = ret };
        *ret = (struct dropping){ 0 };
        if (audit_state_ask(ret_state, &rules) < 0) {
                dropping_clear(ret); /* a partial result is useless */
                return false;
        }
        ret->all = audit_filter_drops(&rules.dropped, 0);
        for (size_t i = 0; i < ret->count; i++) {
                const char *help = !ret->deletes[i] ? "auditctl -l shows the whole rule; auditctl -d deletes it" : NULL;
                if (ret_state->locked)
                        help = "reboot without the rule: the rules are locked until then (enabled 2)";
                ret->deletes[i] = !help;
                ret->help[i] = help ? text_format("%s", help) : text_format("auditctl -d %s", ret->rules[i]);
        }
        return true;
}

void dropping_clear(struct dropping *dropping) {
        for (size_t i = 0; i < dropping->count; i++) {
                free(dropping->rules[i]);
                free(dropping->help[i]);
        }
        *dropping = (struct dropping){ 0 };
}
