/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol/audit/audit_filter.h"

#include <criterion/criterion.h>
#include <libaudit.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/harness/rule_maker.h"

static const struct audit_subject root = {
        .pid = 4711, .uid = 0, .gid = 0, .auid = 1000, .auid_known = true, .exe = "/usr/sbin/useradd"
};

/* Takes the rules in their order; frees them. */
static struct audit_dropped take(const struct audit_subject *subject, size_t count, struct audit_rule_data **rules) {
        struct audit_dropped dropped = { 0 };

        for (size_t i = 0; i < count; i++) {
                audit_filter_rule(rules[i], sizeof(*rules[i]) + rules[i]->buflen, subject, &dropped);
                free(rules[i]);
        }
        return dropped;
}

#define TAKE(subject, ...)                                                                                             \
        take(subject, sizeof((struct audit_rule_data *[]){ __VA_ARGS__ }) / sizeof(struct audit_rule_data *),          \
             (struct audit_rule_data *[]){ __VA_ARGS__ })

Test(audit_filter, without_rules_nothing_is_dropped) {
        struct audit_dropped dropped = { 0 };

        cr_expect_not(audit_filter_drops(&dropped, AUDIT_ADD_USER));
        cr_expect_not(audit_filter_drops(&dropped, AUDIT_USER));
        cr_expect_not(audit_filter_drops(&dropped, 0));
}

Test(audit_filter, an_exclude_rule_drops_its_type_alone) {
        struct audit_dropped dropped = TAKE(&root, RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, "msgtype=ADD_USER"));

        cr_expect(audit_filter_drops(&dropped, AUDIT_ADD_USER));
        cr_expect_not(audit_filter_drops(&dropped, AUDIT_ADD_GROUP));
        cr_expect_not(audit_filter_drops(&dropped, 0));
}

/* "auditctl -a never,exclude" does the same: the kernel looks at the filter, not at the action. */
Test(audit_filter, an_exclude_rule_drops_whatever_its_action_is) {
        struct audit_dropped dropped = TAKE(&root, RULE(AUDIT_FILTER_EXCLUDE, AUDIT_NEVER, "msgtype=ADD_USER"));

        cr_expect(audit_filter_drops(&dropped, AUDIT_ADD_USER));
}

Test(audit_filter, types_of_every_range_have_a_place) {
        static const char *const names[] = { "USER", "USER_AUTH", "USER_MGMT", "ANOM_LOGIN_FAILURES", "RESP_ANOMALY" };

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                char field[64];
                snprintf(field, sizeof(field), "msgtype=%s", names[i]);
                struct audit_dropped dropped = TAKE(&root, RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, field));
                for (int type = 1000; type < 3100; type++)
                        cr_expect_eq(audit_filter_drops(&dropped, (unsigned)type),
                                     type == audit_name_to_msg_type(names[i]), "%s, type %d", names[i], type);
        }
}

Test(audit_filter, types_are_compared_by_their_order) {
        struct audit_dropped dropped =
                TAKE(&root, RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, "msgtype>=1112", "msgtype<1114"));

        cr_expect_not(audit_filter_drops(&dropped, 1111));
        cr_expect(audit_filter_drops(&dropped, 1112));
        cr_expect(audit_filter_drops(&dropped, 1113));
        cr_expect_not(audit_filter_drops(&dropped, 1114));
}

Test(audit_filter, a_user_rule_that_says_never_drops_every_type) {
        struct audit_dropped dropped = TAKE(&root, RULE(AUDIT_FILTER_USER, AUDIT_NEVER, "uid=0"));

        cr_expect(audit_filter_drops(&dropped, AUDIT_ADD_USER));
        cr_expect(audit_filter_drops(&dropped, 0));
}

Test(audit_filter, of_user_rules_the_first_that_matches_decides) {
        struct audit_dropped kept = TAKE(&root, RULE(AUDIT_FILTER_USER, AUDIT_ALWAYS, "auid=1000"),
                                         RULE(AUDIT_FILTER_USER, AUDIT_NEVER, "uid=0"));
        struct audit_dropped lost = TAKE(&root, RULE(AUDIT_FILTER_USER, AUDIT_ALWAYS, "auid=1001"),
                                         RULE(AUDIT_FILTER_USER, AUDIT_NEVER, "uid=0"));

        cr_expect_not(audit_filter_drops(&kept, AUDIT_ADD_USER));
        cr_expect(audit_filter_drops(&lost, AUDIT_ADD_USER));
}

/* What is kept by the one filter the other still drops. */
Test(audit_filter, both_filters_are_asked) {
        struct audit_dropped dropped = TAKE(&root, RULE(AUDIT_FILTER_USER, AUDIT_ALWAYS, "uid=0"),
                                            RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, "msgtype=ADD_USER"));

        cr_expect(audit_filter_drops(&dropped, AUDIT_ADD_USER));
        cr_expect_not(audit_filter_drops(&dropped, AUDIT_DEL_USER));
}

Test(audit_filter, every_field_of_a_process_counts) {
        static const struct {
                const char *field;
                bool drops;
        } table[] = {
                { "pid=4711", true },      { "pid=4712", false },
                { "pid>4000", true },      { "uid=0", true },
                { "uid!=0", false },       { "gid=0", true },
                { "gid=5", false },        { "auid=1000", true },
                { "auid!=1000", false },   { "auid<1000", false },
                { "auid>=1000", true },    { "auid=-1", false },
                { "auid!=-1", true },      { "exe=/usr/sbin/useradd", true },
                { "exe=/bin/cat", false }, { "exe!=/bin/cat", true },
                { "pid<=4710", false },    { "pid<=4711", true },
                { "pid>=4712", false },    { "auid&1", false },
                { "auid&24", true },       { "auid&=24", false },
                { "auid&=40", true },      { "exe=/usr/sbin/userdel", false },
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                struct audit_dropped dropped = TAKE(&root, RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, table[i].field));
                cr_expect_eq(audit_filter_drops(&dropped, AUDIT_ADD_USER), table[i].drops, "%s", table[i].field);
        }
}

/* libaudit knows no name for this field; the kernel lists it. */
Test(audit_filter, a_login_counts_by_being_there) {
        struct audit_rule_data rule = { .flags = AUDIT_FILTER_EXCLUDE,
                                        .field_count = 1,
                                        .fields = { AUDIT_LOGINUID_SET },
                                        .values = { 1 },
                                        .fieldflags = { AUDIT_EQUAL } };
        struct audit_subject service = { .auid = AUDIT_UID_UNSET, .auid_known = true };
        struct audit_dropped dropped = { 0 };

        cr_expect_not(audit_filter_rule(&rule, sizeof(rule), &service, &dropped));
        cr_expect(audit_filter_rule(&rule, sizeof(rule), &root, &dropped));

        struct audit_subject unknown = { .auid = 1000 };
        struct audit_dropped by_unknown = { 0 };
        cr_expect_not(audit_filter_rule(&rule, sizeof(rule), &unknown, &by_unknown));
}

/* libaudit makes no such rule, but the kernel of tomorrow may list one. */
Test(audit_filter, an_unknown_comparison_matches_nothing) {
        struct audit_rule_data rule = {
                .flags = AUDIT_FILTER_EXCLUDE, .field_count = 1, .fields = { AUDIT_UID }, .fieldflags = { 0 }
        };
        struct audit_dropped dropped = { 0 };

        cr_expect_not(audit_filter_rule(&rule, sizeof(rule), &root, &dropped));
        cr_expect_not(audit_filter_drops(&dropped, AUDIT_ADD_USER));
}

Test(audit_filter, all_fields_of_a_rule_must_match) {
        struct audit_dropped dropped =
                TAKE(&root, RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, "msgtype=ADD_USER", "uid=0", "auid=5"));

        cr_expect_not(audit_filter_drops(&dropped, AUDIT_ADD_USER));
}

Test(audit_filter, no_rule_is_blamed_by_guess) {
        struct audit_subject unknown = { .pid = 1, .auid = AUDIT_UID_UNSET };
        struct audit_dropped by_auid = TAKE(&unknown, RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, "auid=-1"));
        struct audit_dropped by_exe = TAKE(&unknown, RULE(AUDIT_FILTER_USER, AUDIT_NEVER, "exe!=/bin/cat"));
        struct audit_dropped by_label = TAKE(&root, RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, "subj_role=r"));
        struct audit_dropped perhaps_kept = TAKE(&root, RULE(AUDIT_FILTER_USER, AUDIT_ALWAYS, "subj_role=r"),
                                                 RULE(AUDIT_FILTER_USER, AUDIT_NEVER, "uid=0"));

        cr_expect_not(audit_filter_drops(&by_auid, AUDIT_ADD_USER));
        cr_expect_not(audit_filter_drops(&by_exe, AUDIT_ADD_USER));
        cr_expect_not(audit_filter_drops(&by_label, AUDIT_ADD_USER));
        cr_expect_not(audit_filter_drops(&perhaps_kept, AUDIT_ADD_USER));
}

/* audit_filter() of the kernel begins with "does not match", and no field changes that. */
Test(audit_filter, a_rule_without_fields_matches_nothing) {
        struct audit_dropped by_user = TAKE(&root, RULE(AUDIT_FILTER_USER, AUDIT_NEVER));
        struct audit_dropped by_exclude = TAKE(&root, RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS));
        struct audit_dropped by_the_next =
                TAKE(&root, RULE(AUDIT_FILTER_USER, AUDIT_ALWAYS), RULE(AUDIT_FILTER_USER, AUDIT_NEVER, "uid=0"));

        cr_expect_not(audit_filter_drops(&by_user, AUDIT_ADD_USER));
        cr_expect_not(audit_filter_drops(&by_exclude, AUDIT_ADD_USER));
        cr_expect(audit_filter_drops(&by_the_next, AUDIT_ADD_USER));
}

#define KEYED(list, ...) with_key(RULE(list, AUDIT_NEVER, __VA_ARGS__))

/* "-k a" behind the fields of RULE, which have no text. auditctl does the same. */
static struct audit_rule_data *with_key(struct audit_rule_data *rule) {
        rule = realloc(rule, sizeof(*rule) + 1);
        rule->fields[rule->field_count] = AUDIT_FILTERKEY;
        rule->fieldflags[rule->field_count] = AUDIT_EQUAL;
        rule->values[rule->field_count++] = 1;
        rule->buf[rule->buflen++] = 'a';
        return rule;
}

Test(audit_filter, a_field_that_is_not_looked_at_ends_the_filter_where_those_before_it_match) {
        struct audit_dropped keyed = TAKE(&root, KEYED(AUDIT_FILTER_USER, "uid=0"));
        struct audit_dropped ended =
                TAKE(&root, KEYED(AUDIT_FILTER_USER, "uid=0"), RULE(AUDIT_FILTER_USER, AUDIT_NEVER, "uid=0"));
        struct audit_dropped passed =
                TAKE(&root, KEYED(AUDIT_FILTER_USER, "uid=5"), RULE(AUDIT_FILTER_USER, AUDIT_NEVER, "uid=0"));
        struct audit_dropped other_filter =
                TAKE(&root, KEYED(AUDIT_FILTER_USER, "uid=0"), RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, "uid=0"));
        struct audit_dropped of_one_type = TAKE(&root, KEYED(AUDIT_FILTER_EXCLUDE, "msgtype=ADD_USER"),
                                                RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, "uid=0"));

        cr_expect_not(audit_filter_drops(&keyed, AUDIT_ADD_USER));
        cr_expect_not(audit_filter_drops(&ended, AUDIT_ADD_USER));
        cr_expect(audit_filter_drops(&passed, AUDIT_ADD_USER));
        cr_expect(audit_filter_drops(&other_filter, AUDIT_ADD_USER));
        cr_expect_not(audit_filter_drops(&of_one_type, AUDIT_ADD_USER));
        cr_expect(audit_filter_drops(&of_one_type, AUDIT_DEL_USER));
}

Test(audit_filter, rules_of_other_filters_do_not_count) {
        struct audit_dropped dropped = { 0 };
        struct audit_rule_data rule = { .flags = AUDIT_FILTER_EXIT,
                                        .action = AUDIT_NEVER,
                                        .field_count = 1,
                                        .fields = { AUDIT_UID },
                                        .fieldflags = { AUDIT_EQUAL } };

        cr_expect_not(audit_filter_rule(&rule, sizeof(rule), &root, &dropped));
        rule.flags = AUDIT_FILTER_TASK;
        cr_expect_not(audit_filter_rule(&rule, sizeof(rule), &root, &dropped));
        rule.flags = AUDIT_FILTER_USER | AUDIT_FILTER_PREPEND;
        cr_expect(audit_filter_rule(&rule, sizeof(rule), &root, &dropped));
        cr_expect_not(audit_filter_rule(&rule, sizeof(rule), &root, &dropped), "it drops nothing more");
}

Test(audit_filter, a_rule_that_was_cut_off_drops_nothing) {
        struct audit_rule_data *rule = RULE(AUDIT_FILTER_EXCLUDE, AUDIT_ALWAYS, "exe=/usr/sbin/useradd");
        struct audit_dropped dropped = { 0 };

        cr_expect_not(audit_filter_rule(rule, sizeof(*rule) + rule->buflen - 1, &root, &dropped));
        cr_expect_not(audit_filter_rule(rule, sizeof(*rule) - 1, &root, &dropped));
        rule->field_count = AUDIT_MAX_FIELDS + 1;
        cr_expect_not(audit_filter_rule(rule, sizeof(*rule) + rule->buflen, &root, &dropped));
        free(rule);
}
