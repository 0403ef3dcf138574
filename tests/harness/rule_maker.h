/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes audit rules for tests, as auditctl would, by libaudit: RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, "uid=0"). */
#ifndef AUDITFAIL_RULE_MAKER_H
#define AUDITFAIL_RULE_MAKER_H

#include <libaudit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * For exe= and exe!=, libaudit asks the kernel whether it knows the field, and takes none where that cannot be asked,
 * as in a container. So these are made as libaudit makes them.
 */
static inline struct audit_rule_data *add_exe(struct audit_rule_data *rule, const char *field) {
        const char *path = strchr(field, '=') + 1;
        size_t length = strlen(path);

        rule = realloc(rule, sizeof(*rule) + rule->buflen + length);
        rule->fields[rule->field_count] = AUDIT_EXE;
        rule->fieldflags[rule->field_count] = strchr(field, '!') ? AUDIT_NOT_EQUAL : AUDIT_EQUAL;
        rule->values[rule->field_count++] = (uint32_t)length;
        memcpy(rule->buf + rule->buflen, path, length);
        rule->buflen += (uint32_t)length;
        return rule;
}

/* The test frees it. What libaudit does not take ends the test. */
static inline struct audit_rule_data *make_rule(uint32_t list, uint32_t action, const char *const *fields) {
        struct audit_rule_data *rule = calloc(1, sizeof(*rule));

        for (; *fields; fields++) {
                if (strncmp(*fields, "exe", strlen("exe")) == 0) {
                        rule = add_exe(rule, *fields);
                        continue;
                }
                char *field = strdup(*fields); /* libaudit writes into it */
                if (audit_rule_fieldpair_data(&rule, field, AUDIT_FILTER_USER) != 0) {
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
