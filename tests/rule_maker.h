/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes audit rules for tests, as auditctl would, by libaudit: RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, "uid=0"). */
#ifndef AUDITFAIL_RULE_MAKER_H
#define AUDITFAIL_RULE_MAKER_H

#include <libaudit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The test frees it. What libaudit does not take ends the test. */
static inline struct audit_rule_data *make_rule(uint32_t list, uint32_t action, const char *const *fields) {
        struct audit_rule_data *rule = calloc(1, sizeof(*rule));

        for (; *fields; fields++) {
                char *field = strdup(*fields); /* libaudit writes into it */
                if (audit_rule_fieldpair_data(&rule, field, (int)list) != 0) {
                        fprintf(stderr, "libaudit does not take %s\n", *fields);
                        abort();
                }
                free(field);
        }
        rule->flags = list;
        rule->action = action;
        return rule;
}

#define RULE(list, action, ...) make_rule(list, action, (const char *const[]){ __VA_ARGS__ __VA_OPT__(, ) NULL })

#endif
